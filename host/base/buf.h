/* A growing byte buffer. Memory is its own; buf_finish frees it. Not thread-safe. */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include "base/util.h"

struct buf {
    char *data; /* NULL while empty and never used */
    size_t size, capacity;
};

void buf_finish(struct buf *buf);
#define SCOPED_BUF SCOPED_CALL(buf_finish)

/* Makes room for `size` more bytes and returns where they go; size is not moved. */
char *buf_reserve(struct buf *buf, size_t size);
void buf_append(struct buf *buf, const void *data, size_t size);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) __attribute__((format(printf, 2, 3)));
void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
    __attribute__((format(printf, 2, 0)));
/* The UTF-8 character that `text` starts with, or U+FFFD for a byte that is part of none.
 * Returns the bytes of it; there must be one before the NUL. */
size_t buf_put_character(struct buf *buf, const char *text);
/* A JSON string with its quotes; invalid UTF-8 becomes U+FFFD. */
void buf_json_string(struct buf *buf, const void *data, size_t size);

/* The content as a C string (a NUL is put behind it, not counted). */
const char *buf_text(struct buf *buf);
/* The same, and the memory is the caller's; the buffer is empty again. */
char *buf_take(struct buf *buf);

#endif
