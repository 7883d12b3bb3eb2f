#include "kit/report.h"

#include <stdbool.h>
#include <string.h>
#include "base/buf.h"
#include "kit/check.h"

static void put_text(FILE *file)
{
    const struct check *check;

    for (size_t i = 0; (check = check_at(i)); i++) {
        fprintf(file, "%-6s  level %u  %s\n", check->id, check->level, check->asserts);
        if (!check->run)
            fprintf(file, "        missing: %s\n", check->missing);
    }
}

static void put_member(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, ",\"%s\":", key);
    if (text)
        buf_json_string(out, text, strlen(text));
    else
        buf_puts(out, "null");
}

static void put_json(FILE *file)
{
    SCOPED_BUF struct buf out = {0};
    const struct check *check;

    for (size_t i = 0; (check = check_at(i)); i++) {
        buf_printf(&out, "%s{\"id\":\"%s\",\"level\":%u,\"scope\":\"%s\"", i ? ",\n" : "",
            check->id, check->level, check->scope == CHECK_FILE ? "file" : "class");
        put_member(&out, "asserts", check->asserts);
        put_member(&out, "clause", check->clause);
        buf_printf(&out, ",\"needs_sink\":%s", check->needs ? "true" : "false");
        put_member(&out, "missing", check->run ? NULL : check->missing);
        buf_putc(&out, '}');
    }
    fprintf(file, "[%s]\n", buf_text(&out));
}

bool report_list(const char *format, FILE *file)
{
    if (!strcmp(format, "text"))
        put_text(file);
    else if (!strcmp(format, "json"))
        put_json(file);
    else
        return false;
    return true;
}
