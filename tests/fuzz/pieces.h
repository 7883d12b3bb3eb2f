/* Cuts a fuzzer's bytes into texts. */
#ifndef TESTS_FUZZ_PIECES_H
#define TESTS_FUZZ_PIECES_H

#include <stdint.h>
#include <stdlib.h>
#include <weir/abi.h>

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) \
            abort(); \
    } while (0)

struct pieces {
    const uint8_t *data;
    size_t size;
};

/* The next byte, 0 behind the end. */
static inline uint8_t pieces_byte(struct pieces *pieces)
{
    if (!pieces->size)
        return 0;
    pieces->size--;
    return *pieces->data++;
}

/* As long as the next byte says, sixteen times that from 200 on. */
static inline struct weir_str pieces_text(struct pieces *pieces)
{
    size_t size = pieces_byte(pieces);
    struct weir_str text;

    if (size >= 200)
        size = (size - 199) * 16;
    if (size > pieces->size)
        size = pieces->size;
    text = (struct weir_str){(const char *)pieces->data, size};
    pieces->data += size;
    pieces->size -= size;
    return text;
}

#endif
