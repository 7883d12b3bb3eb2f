#include <weir/buffer.h>

#include <stdlib.h>

#define MIN_CAPACITY 256u

static size_t next_capacity(size_t capacity, size_t needed)
{
    if (capacity < MIN_CAPACITY)
        capacity = MIN_CAPACITY;
    while (capacity < needed)
        capacity = capacity > SIZE_MAX / 2 ? needed : capacity * 2;
    return capacity;
}

char *weir_buffer_grow(struct weir_buffer *buffer, size_t size)
{
    size_t capacity;
    char *data;

    if (buffer->failed || size > SIZE_MAX - buffer->size) {
        buffer->failed = true;
        return NULL;
    }
    capacity = next_capacity(buffer->capacity, buffer->size + size);
    data = realloc(buffer->data, capacity);
    if (!data) {
        buffer->failed = true;
        return NULL;
    }
    buffer->data = data;
    buffer->capacity = capacity;
    return data + buffer->size;
}

void weir_buffer_finish(struct weir_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct weir_buffer){0};
}

void weir_buffer_append_uint(struct weir_buffer *buffer, uint64_t number)
{
    char digits[20];
    size_t at = sizeof digits;

    do
        digits[--at] = (char)('0' + number % 10);
    while (number /= 10);
    weir_buffer_append(buffer, digits + at, sizeof digits - at);
}
