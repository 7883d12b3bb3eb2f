/* UTF-8 as RFC 3629 has it: no overlong forms, no surrogates, at most U+10FFFF. */
#ifndef SDK_UTF8_H
#define SDK_UTF8_H

#include <stdbool.h>
#include <stddef.h>

static inline bool utf8_is_tail(unsigned char byte)
{
    return (byte & 0xC0) == 0x80;
}

/* For a lead byte from 0xE0: no second byte that makes it overlong, a surrogate or
 * more than U+10FFFF. */
static inline bool utf8_in_range(unsigned char lead, unsigned char second)
{
    switch (lead) {
    case 0xE0:
        return second >= 0xA0;
    case 0xED:
        return second < 0xA0;
    case 0xF0:
        return second >= 0x90;
    case 0xF4:
        return second < 0x90;
    default:
        return true;
    }
}

/* Bytes of the valid sequence beyond ASCII that starts at `text` (2 to 4), 0 if there
 * is none; size is at least 1. */
static inline size_t utf8_length(const unsigned char *text, size_t size)
{
    unsigned char lead = text[0];
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    if (lead < 0xC2 || lead > 0xF4 || size < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if (!utf8_is_tail(text[i]))
            return 0;
    return utf8_in_range(lead, text[1]) ? length : 0;
}

#endif
