/*
 * Helper for plugins (linked into them, no part of the ABI): a growing byte
 * buffer. Start with zeroes, end with weir_buffer_finish(). No thread may use
 * it while another one does.
 *
 * When memory runs out the buffer is left as it was and `failed` is set; from
 * then on appends do nothing, so that only the end result needs a check.
 */
#ifndef WEIR_BUFFER_H
#define WEIR_BUFFER_H

#include <stdbool.h>
#include <string.h>
#include <weir/abi.h>

WEIR_BEGIN_DECLS

struct weir_buffer {
    char *data;            /* NULL as long as nothing was ever reserved */
    size_t size, capacity; /* bytes */
    bool failed;           /* sticky until weir_buffer_clear() */
};

/* Room for `size` more bytes: where they go, or NULL with `failed` set. The
 * caller moves `size` by what it has written. Pointers got before are gone. */
char *weir_buffer_grow(struct weir_buffer *buffer, size_t size);

/* Frees the memory; the buffer is as new. */
void weir_buffer_finish(struct weir_buffer *buffer);

/* A number in decimal. */
void weir_buffer_append_uint(struct weir_buffer *buffer, uint64_t number);

/* Drops the content and a failure, keeps the memory. */
static inline void weir_buffer_clear(struct weir_buffer *buffer)
{
    buffer->size = 0;
    buffer->failed = false;
}

/* As weir_buffer_grow(), at no cost when there is room. */
static inline char *weir_buffer_reserve(struct weir_buffer *buffer, size_t size)
{
    if (!buffer->failed && buffer->data && size <= buffer->capacity - buffer->size)
        return buffer->data + buffer->size;
    return weir_buffer_grow(buffer, size);
}

static inline void weir_buffer_append(struct weir_buffer *buffer, const void *data, size_t size)
{
    char *end = size ? weir_buffer_reserve(buffer, size) : NULL;

    if (!end)
        return;
    memcpy(end, data, size);
    buffer->size += size;
}

static inline void weir_buffer_append_str(struct weir_buffer *buffer, struct weir_str text)
{
    weir_buffer_append(buffer, text.data, text.size);
}

static inline void weir_buffer_append_text(struct weir_buffer *buffer, const char *text)
{
    weir_buffer_append(buffer, text, strlen(text));
}

static inline void weir_buffer_append_byte(struct weir_buffer *buffer, char byte)
{
    char *end = weir_buffer_reserve(buffer, 1);

    if (!end)
        return;
    *end = byte;
    buffer->size++;
}

WEIR_END_DECLS

#endif
