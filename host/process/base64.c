#include "process/base64.h"

#include <stdint.h>
#include <string.h>

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void base64_encode(const char *data, size_t size, char *to)
{
    const unsigned char *at = (const unsigned char *)data;

    for (; size; at += 3, to += 4) {
        size_t n = size < 3 ? size : 3;
        uint32_t bits = (uint32_t)at[0] << 16 | (n > 1 ? (uint32_t)at[1] << 8 : 0) |
                        (n > 2 ? (uint32_t)at[2] : 0);

        to[0] = alphabet[bits >> 18];
        to[1] = alphabet[bits >> 12 & 63];
        to[2] = n > 1 ? alphabet[bits >> 6 & 63] : '=';
        to[3] = n > 2 ? alphabet[bits & 63] : '=';
        size -= n;
    }
}

/* 0 to 63, -1: not of the alphabet. */
static int digit_of(char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    return c == '+' ? 62 : c == '/' ? 63 : -1;
}

bool base64_decode(const char *text, size_t size, char *to, size_t *ret_size)
{
    uint32_t bits = 0;
    unsigned n_digits = 0, n_padding = 0;
    char *start = to;

    for (const char *end = text + size; text < end; text++) {
        int digit = digit_of(*text);

        if (*text == '\n' || *text == '\r')
            continue;
        n_padding += *text == '=';
        if ((digit < 0 && *text != '=') || (digit >= 0 && n_padding))
            return false;
        bits = bits << 6 | (digit < 0 ? 0 : (uint32_t)digit);
        if (++n_digits % 4)
            continue;
        if (n_padding > 2)
            return false;
        for (unsigned i = 0; i < 3 - n_padding; i++)
            *to++ = (char)(bits >> (16 - 8 * i));
        if (n_padding)
            n_padding = 3; /* nothing may follow */
    }
    *ret_size = (size_t)(to - start);
    return n_digits % 4 == 0;
}
