#include "process/unquote.h"

#include <string.h>

/* The value of `n` digits, UINT32_MAX: they are not there. */
static uint32_t take_digits(const char **at, const char *end, unsigned n, unsigned base)
{
    uint32_t value = 0;

    for (unsigned i = 0; i < n; i++) {
        char c = *at < end ? *(*at)++ : 0;
        unsigned digit = c >= '0' && c <= '9'   ? (unsigned)(c - '0')
                         : c >= 'a' && c <= 'f' ? (unsigned)(c - 'a') + 10
                         : c >= 'A' && c <= 'F' ? (unsigned)(c - 'A') + 10
                                                : 16;

        if (digit >= base)
            return UINT32_MAX;
        value = value * base + digit;
    }
    return value;
}

static size_t put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        to[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        to[0] = (char)(0xC0 | c >> 6);
        to[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        to[0] = (char)(0xE0 | c >> 12);
        to[1] = (char)(0x80 | (c >> 6 & 63));
        to[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    to[0] = (char)(0xF0 | c >> 18);
    to[1] = (char)(0x80 | (c >> 12 & 63));
    to[2] = (char)(0x80 | (c >> 6 & 63));
    to[3] = (char)(0x80 | (c & 63));
    return 4;
}

/* Bytes that the escape behind a backslash makes, 0: it is wrong. */
static size_t take_escape(const char **at, const char *end, char *to)
{
    static const char letters[] = "abfnrtv\\\"", values[] = "\a\b\f\n\r\t\v\\\"";
    char c = *at < end ? *(*at)++ : 0;
    const char *letter = c ? strchr(letters, c) : NULL;
    uint32_t value;

    if (letter) {
        *to = values[letter - letters];
        return 1;
    }
    if (c == 'x' || (c >= '0' && c <= '7')) {
        *at -= c != 'x';
        value = c == 'x' ? take_digits(at, end, 2, 16) : take_digits(at, end, 3, 8);
        *to = (char)value;
        return value <= 0xFF;
    }
    if (c != 'u' && c != 'U')
        return 0;
    value = take_digits(at, end, c == 'u' ? 4 : 8, 16);
    if (value > 0x10FFFF || (value >= 0xD800 && value < 0xE000))
        return 0;
    return put_utf8(to, value);
}

bool unquote(struct weir_str text, bool quotes, char *to, size_t *ret_size)
{
    const char *at = text.data, *end = at + text.size;
    char *start = to;
    size_t size;

    while (at < end) {
        char c = *at++;

        if (c == '\n' || (c == '"' && !quotes))
            return false;
        if (c != '\\') {
            *to++ = c;
            continue;
        }
        size = take_escape(&at, end, to);
        if (!size)
            return false;
        to += size;
    }
    *ret_size = (size_t)(to - start);
    return true;
}
