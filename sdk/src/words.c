#include <weir/words.h>

#include <stdarg.h>
#include <stdio.h>

#define LINE_MAX_BYTES 1024

void weir_say(const struct weir_host *host, uint32_t level, const char *format, ...)
{
    char text[LINE_MAX_BYTES];
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    host->log(host, level, weir_str_of(text), NULL, 0);
}

void weir_explain(struct weir_result *result, int32_t code, const char *format, ...)
{
    va_list arguments;

    result->code = code;
    if (!result->text_max)
        return;
    va_start(arguments, format);
    vsnprintf(result->text, result->text_max, format, arguments);
    va_end(arguments);
}

int weir_refuse(struct weir_error *error, int32_t code, const char *format, ...)
{
    va_list arguments;

    error->code = code;
    if (!error->text_max)
        return -1;
    va_start(arguments, format);
    vsnprintf(error->text, error->text_max, format, arguments);
    va_end(arguments);
    return -1;
}
