#include "base/buf.h"

#include <stdint.h>
#include <stdio.h>
#include "base/mem.h"
#include "base/utf8.h"

void buf_finish(struct buf *buf)
{
    free(buf->data);
    *buf = (struct buf){0};
}

char *buf_reserve(struct buf *buf, size_t size)
{
    if (buf->capacity - buf->size < size) {
        size_t capacity = MAX(buf->capacity * 2, (size_t)64);

        while (capacity - buf->size < size)
            capacity *= 2;
        buf->data = mem_realloc(buf->data, capacity, 1);
        buf->capacity = capacity;
    }
    return buf->data + buf->size;
}

void buf_append(struct buf *buf, const void *data, size_t size)
{
    if (!size)
        return;
    memcpy(buf_reserve(buf, size), data, size);
    buf->size += size;
}

void buf_puts(struct buf *buf, const char *text)
{
    buf_append(buf, text, strlen(text));
}

void buf_putc(struct buf *buf, char c)
{
    *buf_reserve(buf, 1) = c;
    buf->size++;
}

void buf_vprintf(struct buf *buf, const char *format, va_list arguments)
{
    va_list again;
    int size;

    va_copy(again, arguments);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0)
        return;
    vsnprintf(buf_reserve(buf, (size_t)size + 1), (size_t)size + 1, format, arguments);
    buf->size += (size_t)size;
}

void buf_printf(struct buf *buf, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(buf, format, arguments);
    va_end(arguments);
}

size_t buf_put_character(struct buf *buf, const char *text)
{
    size_t length = utf8_length((const unsigned char *)text, strnlen(text, 4));

    if (length)
        buf_append(buf, text, length);
    else
        buf_puts(buf, "\xEF\xBF\xBD");
    return MAX(length, (size_t)1);
}

void buf_json_string(struct buf *buf, const void *data, size_t size)
{
    const unsigned char *at = data;
    const unsigned char *end = at + size;

    buf_putc(buf, '"');
    while (at < end) {
        size_t length = utf8_length(at, (size_t)(end - at));

        if (!length) {
            buf_puts(buf, "\xEF\xBF\xBD");
            at++;
            continue;
        }
        if (length > 1)
            buf_append(buf, at, length);
        else if (*at == '"' || *at == '\\')
            buf_printf(buf, "\\%c", *at);
        else if (*at == '\n')
            buf_puts(buf, "\\n");
        else if (*at < 0x20 || *at == 0x7f)
            buf_printf(buf, "\\u%04x", *at);
        else
            buf_putc(buf, (char)*at);
        at += length;
    }
    buf_putc(buf, '"');
}

const char *buf_text(struct buf *buf)
{
    *buf_reserve(buf, 1) = '\0';
    return buf->data;
}

char *buf_take(struct buf *buf)
{
    char *text;

    buf_text(buf);
    text = buf->data;
    *buf = (struct buf){0};
    return text;
}
