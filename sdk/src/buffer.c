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
    static const char pairs[] = "00010203040506070809101112131415161718192021222324"
                                "25262728293031323334353637383940414243444546474849"
                                "50515253545556575859606162636465666768697071727374"
                                "75767778798081828384858687888990919293949596979899";
    char digits[20];
    size_t at = sizeof digits;

    for (; number >= 10; number /= 100) {
        at -= 2;
        memcpy(digits + at, pairs + number % 100 * 2, 2);
    }
    if (number || at == sizeof digits)
        digits[--at] = (char)('0' + number);
    weir_buffer_append(buffer, digits + at, sizeof digits - at);
}
