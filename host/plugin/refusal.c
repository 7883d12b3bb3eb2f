#include "plugin/refusal.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "config/codes.h"

const char *refusal_code(const char *text)
{
    const struct code *code = code_find(text);

    return code ? code->id : NULL;
}

void refusal_finish(struct refusal *refusal)
{
    free(refusal->message);
    free(refusal->field);
    free(refusal->found);
    free(refusal->expected);
    free(refusal->advice);
    *refusal = (struct refusal){0};
}

int refuse(struct refusal *ret, const char *code, const char *format, ...)
{
    struct buf message = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&message, format, arguments);
    va_end(arguments);
    ret->code = code;
    ret->message = buf_take(&message);
    return -ENOEXEC;
}

void refusal_text(char **text, const char *format, ...)
{
    struct buf words = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&words, format, arguments);
    va_end(arguments);
    free(*text);
    *text = buf_take(&words);
}

static char *copy_text(const char *text)
{
    return text ? mem_strdup(text) : NULL;
}

void refusal_copy(const struct refusal *refusal, struct refusal *ret_copy)
{
    *ret_copy = (struct refusal){
        .code = refusal->code,
        .message = copy_text(refusal->message),
        .field = copy_text(refusal->field),
        .found = copy_text(refusal->found),
        .expected = copy_text(refusal->expected),
        .advice = copy_text(refusal->advice),
    };
}

void refusal_report(const struct refusal *refusal, const char *path, struct place place,
    enum diag_severity severity, struct diag_list *diags)
{
    struct diag *diag =
        diag_add(diags, severity, refusal->code, place, "%s: %s", path, refusal->message);

    if (refusal->found && refusal->expected)
        diag->expected = mem_printf("%s, found %s", refusal->expected, refusal->found);
    else
        diag->expected = copy_text(refusal->expected);
    diag->suggestion = copy_text(refusal->advice);
}
