#include "process/json_text.h"

#include <endian.h>
#include <stdint.h>
#include <string.h>

#define ONES 0x0101010101010101U
#define HIGHS 0x8080808080808080U

/* The high bit of each byte that is `c`; exact up to the first such byte in memory. */
static uint64_t bytes_equal(uint64_t word, char c)
{
    uint64_t x = word ^ (ONES * (unsigned char)c);

    return (x - ONES) & ~x & HIGHS;
}

/* The first quote or backslash, or `end`. */
static const char *find_special(const char *at, const char *end)
{
    for (; end - at >= 8; at += 8) {
        uint64_t word, found;

        memcpy(&word, at, 8);
        found = bytes_equal(le64toh(word), '"') | bytes_equal(le64toh(word), '\\');
        if (found)
            return at + __builtin_ctzll(found) / 8;
    }
    while (at < end && *at != '"' && *at != '\\')
        at++;
    return at;
}

bool json_take_string(struct json_text *text, struct json_string *ret_string)
{
    struct json_string string = {0};
    const char *start, *at;

    if (!json_take(text, '"'))
        return false;
    start = text->at;
    for (at = find_special(start, text->end); at < text->end && *at == '\\';
         at = find_special(at + 2, text->end)) {
        string.escaped = true;
        if (text->end - at < 2)
            break;
    }
    if (at >= text->end || *at != '"')
        return false;
    string.raw = (struct weir_str){start, (size_t)(at - start)};
    text->at = at + 1;
    *ret_string = string;
    return true;
}

static bool take_digits(struct json_text *text)
{
    const char *start = text->at;

    while (text->at < text->end && *text->at >= '0' && *text->at <= '9')
        text->at++;
    return text->at > start;
}

static bool next_is(const struct json_text *text, char a, char b)
{
    return text->at < text->end && (*text->at == a || *text->at == b);
}

static bool take_number(struct json_text *text)
{
    if (next_is(text, '-', '-'))
        text->at++;
    if (next_is(text, '0', '0'))
        text->at++;
    else if (!take_digits(text))
        return false;
    if (next_is(text, '.', '.')) {
        text->at++;
        if (!take_digits(text))
            return false;
    }
    if (!next_is(text, 'e', 'E'))
        return true;
    text->at++;
    if (next_is(text, '+', '-'))
        text->at++;
    return take_digits(text);
}

static bool take_word(struct json_text *text, const char *word, size_t size)
{
    if ((size_t)(text->end - text->at) < size || memcmp(text->at, word, size) != 0)
        return false;
    text->at += size;
    return true;
}

bool json_take_scalar(struct json_text *text)
{
    switch (json_peek(text)) {
    case 't':
        return take_word(text, "true", 4);
    case 'f':
        return take_word(text, "false", 5);
    case 'n':
        return take_word(text, "null", 4);
    default:
        return take_number(text);
    }
}

/* What is between the brackets of an object (with keys) or array, and the closing one. */
static bool take_members(struct json_text *text, unsigned depth, bool keys, char close)
{
    struct json_string key;

    if (json_take(text, close))
        return true;
    do {
        if (keys && !(json_take_string(text, &key) && json_take(text, ':')))
            return false;
        if (!json_take_value(text, depth))
            return false;
    } while (json_take(text, ','));
    return json_take(text, close);
}

bool json_take_value(struct json_text *text, unsigned depth)
{
    struct json_string string;
    char c = json_peek(text);

    if (c == '"')
        return json_take_string(text, &string);
    if (c != '{' && c != '[')
        return json_take_scalar(text);
    if (!depth)
        return false;
    text->at++;
    return take_members(text, depth - 1, c == '{', c == '{' ? '}' : ']');
}

/* Four hexadecimal digits at `at`, or -1. */
static int32_t hex4(const char *at, const char *end)
{
    int32_t value = 0;

    if (end - at < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        char c = at[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;

        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

static char *put_utf8(char *to, uint32_t c)
{
    if (c < 0x80) {
        *to++ = (char)c;
    } else if (c < 0x800) {
        *to++ = (char)(0xC0 | c >> 6);
        *to++ = (char)(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
        *to++ = (char)(0xE0 | c >> 12);
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    } else {
        *to++ = (char)(0xF0 | c >> 18);
        *to++ = (char)(0x80 | (c >> 12 & 0x3F));
        *to++ = (char)(0x80 | (c >> 6 & 0x3F));
        *to++ = (char)(0x80 | (c & 0x3F));
    }
    return to;
}

/* The character of the escape \u at *at, which points behind the u; -1: none. */
static int32_t take_unicode(const char **at, const char *end)
{
    int32_t high = hex4(*at, end), low;

    if (high < 0)
        return -1;
    *at += 4;
    if (high < 0xD800 || high > 0xDFFF)
        return high;
    if (high > 0xDBFF || end - *at < 6 || (*at)[0] != '\\' || (*at)[1] != 'u')
        return 0xFFFD;
    low = hex4(*at + 2, end);
    if (low < 0xDC00 || low > 0xDFFF)
        return 0xFFFD;
    *at += 6;
    return 0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00);
}

/* What \b and the like stand for; 0: none of them. */
static char short_escape(char letter)
{
    switch (letter) {
    case '"':
    case '\\':
    case '/':
        return letter;
    case 'b':
        return '\b';
    case 'f':
        return '\f';
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    default:
        return 0;
    }
}

/* Behind a backslash: writes one character. NULL: no such escape. */
static char *put_escape(const char **at, const char *end, char *to)
{
    char letter = *(*at)++, character = short_escape(letter);
    int32_t unicode;

    if (character) {
        *to++ = character;
        return to;
    }
    unicode = letter == 'u' ? take_unicode(at, end) : -1;
    return unicode < 0 ? NULL : put_utf8(to, (uint32_t)unicode);
}

bool json_unescape(struct weir_str raw, char *to, size_t *ret_size)
{
    const char *at = raw.data, *end = raw.data + raw.size;
    char *start = to;

    while (at < end) {
        const char *special = find_special(at, end);

        memcpy(to, at, (size_t)(special - at));
        to += special - at;
        at = special;
        if (at == end)
            break;
        if (++at == end)
            return false;
        to = put_escape(&at, end, to);
        if (!to)
            return false;
    }
    *ret_size = (size_t)(to - start);
    return true;
}
