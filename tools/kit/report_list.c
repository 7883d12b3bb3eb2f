#include "kit/report.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include "base/buf.h"
#include "base/util.h"
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

/* The heading of abi.md as a link. */
static void put_clause(const char *clause, FILE *file)
{
    fprintf(file, "[%s](abi.md#", clause);
    for (; *clause; clause++)
        if (*clause == ' ')
            fputc('-', file);
        else if (isalnum((unsigned char)*clause) || *clause == '-')
            fputc(tolower((unsigned char)*clause), file);
    fputc(')', file);
}

static const struct {
    const char *prefix, *title;
} groups[] = {
    {"ELF", "The file, without running its code"},
    {"REG", "Loading and registration"},
    {"CFG", "Options and init"},
    {"LIF", "Life of an instance"},
    {"FLU", "Flush, verdicts, memory of batches"},
    {"BAC", "Back-pressure and readiness"},
    {"URG", "set_urgent and stop"},
    {"THR", "Threads"},
    {"RES", "Resources"},
    {"DAT", "Logs that nobody would think of"},
    {"NET", "Peers that fail"},
    {"FLT", "A system that fails"},
    {"HYG", "What is the process's"},
};

static void put_group(const char *prefix, const char *title, FILE *file)
{
    const struct check *check;

    fprintf(file, "\n### %s: %s\n\n| check | level | asserts | clause |\n|---|---|---|---|\n",
        prefix, title);
    for (size_t i = 0; (check = check_at(i)); i++) {
        if (strncmp(check->id, prefix, strlen(prefix)) != 0)
            continue;
        fprintf(file, "| %s | %u | %s%s%s | ", check->id, check->level, check->asserts,
            check->run ? "" : " **Missing:** ", check->run ? "" : check->missing);
        put_clause(check->clause, file);
        fputs(" |\n", file);
    }
}

/* The part of docs/conformance.md that is about single checks. */
static void put_markdown(FILE *file)
{
    for (size_t i = 0; i < ARRAY_SIZE(groups); i++)
        put_group(groups[i].prefix, groups[i].title, file);
}

bool report_list(const char *format, FILE *file)
{
    if (!strcmp(format, "text"))
        put_text(file);
    else if (!strcmp(format, "json"))
        put_json(file);
    else if (!strcmp(format, "markdown"))
        put_markdown(file);
    else
        return false;
    return true;
}
