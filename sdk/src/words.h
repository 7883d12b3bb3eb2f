/* Eight bytes of text at a time, in one register; the first byte is the lowest. */
#ifndef SDK_WORDS_H
#define SDK_WORDS_H

#include <endian.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define WORD_EACH_BYTE(BYTE) (UINT64_C(0x0101010101010101) * (uint64_t)(BYTE))
#define WORD_HIGH_BITS WORD_EACH_BYTE(0x80)

static inline uint64_t word_load(const void *from)
{
    uint64_t word;

    memcpy(&word, from, sizeof word);
    return le64toh(word);
}

static inline uint32_t word_load_half(const void *from)
{
    uint32_t half;

    memcpy(&half, from, sizeof half);
    return le32toh(half);
}

static inline void word_store(void *to, uint64_t word)
{
    word = htole64(word);
    memcpy(to, &word, sizeof word);
}

/* The first `size` bytes, 1 to 7; the others are 0. Reads nothing behind them. */
static inline uint64_t word_load_part(const unsigned char *from, size_t size)
{
    if (size < 4)
        return from[0] | (uint64_t)from[size / 2] << size / 2 * 8 |
               (uint64_t)from[size - 1] << (size - 1) * 8;
    return word_load_half(from) | (uint64_t)word_load_half(from + size - 4) << (size - 4) * 8;
}

/* A mask of the first `size` bytes, 1 to 7. */
static inline uint64_t word_bytes(size_t size)
{
    return (UINT64_C(1) << size * 8) - 1;
}

/* The high bit of each byte below `limit` (at most 0x80), of each equal to `byte`. The
 * lowest one set is right, those above it may be wrong; mask with WORD_HIGH_BITS. */
static inline uint64_t word_below(uint64_t word, unsigned limit)
{
    return (word - WORD_EACH_BYTE(limit)) & ~word;
}

static inline uint64_t word_equal(uint64_t word, char byte)
{
    return word_below(word ^ WORD_EACH_BYTE(byte), 1);
}

/* Index of the first byte whose high bit is set, 0 to 7; at least one must be. */
static inline size_t word_first(uint64_t marks)
{
    return (size_t)__builtin_ctzll(marks) / 8;
}

#endif
