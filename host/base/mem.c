#include "base/mem.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void *not_null(void *memory)
{
    if (!memory) {
        static const char words[] =
            "weir: out of memory; ending (nothing undelivered is acknowledged)\n";

        (void)!write(STDERR_FILENO, words, sizeof words - 1);
        abort();
    }
    return memory;
}

void *mem_zalloc(size_t size)
{
    return not_null(calloc(1, size ? size : 1));
}

void *mem_calloc(size_t count, size_t size)
{
    return not_null(calloc(count ? count : 1, size ? size : 1));
}

void *mem_realloc(void *memory, size_t count, size_t size)
{
    return not_null(reallocarray(memory, count ? count : 1, size ? size : 1));
}

char *mem_strdup(const char *text)
{
    return not_null(strdup(text));
}

char *mem_strndup(const void *data, size_t size)
{
    char *copy = not_null(malloc(size + 1));

    if (size)
        memcpy(copy, data, size);
    copy[size] = '\0';
    return copy;
}

char *mem_printf(const char *format, ...)
{
    char *text = NULL;
    va_list arguments;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return not_null(text);
}
