#include "base/mem.h"

#include <malloc.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* A spool's write takes and frees thousands of small stretches, which the library would
 * hand back to the system each time, to fault them in anew with the next. */
#define KEPT_BYTES (16 << 20)
/* Larger ones are the system's: what is freed of them is gone at once. */
#define MAPPED_BYTES (1 << 20)

void mem_setup(void)
{
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
    mallopt(M_MMAP_THRESHOLD, MAPPED_BYTES);
}

void mem_give_back(void)
{
    malloc_trim(0);
}

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

void *mem_pages(size_t size)
{
    void *pages = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return not_null(pages == MAP_FAILED ? NULL : pages);
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
