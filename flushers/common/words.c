#include "common/words.h"

#include <stdio.h>
#include <string.h>

static struct weir_str str_of(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

void explain(struct weir_result *result, int error, const char *what, const char *name)
{
    result->code = -error;
    if (result->text_max)
        snprintf(result->text, result->text_max, "%s %s: %s", what, name, strerror(-error));
}

void say_of_file(const struct weir_host *host, uint32_t level, const char *message,
    const char *path, const char *key, const char *value)
{
    const struct weir_field fields[] = {
        {{"path", 4}, str_of(path)},
        {str_of(key), str_of(value)},
    };

    host->log(host, level, str_of(message), fields, 2);
}
