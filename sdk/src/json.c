#include <weir/json.h>
#include "utf8.h"
#include "words.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

/* What one turn may write beyond the bytes it has read: a block of words whose end
 * is not kept, an escape, quotes and what stands around them. */
#define SLACK 48u

/* What is escaped beyond what must be: nothing; what Go's encoding/json escapes anyway
 * (U+2028, U+2029, wrong bytes); and < > &. */
enum escapes { ESCAPES_FEW, ESCAPES_GO, ESCAPES_HTML };

/* A string on its way: what is left of it, and where its JSON goes. There is always
 * room for the bytes left and SLACK more. */
struct cursor {
    const unsigned char *from, *end;
    char *to, *limit; /* to: NULL without memory; limit: where the buffer's memory ends */
    enum escapes escapes;
};

static ALWAYS_INLINE size_t left(const struct cursor *at)
{
    return (size_t)(at->end - at->from);
}

/* Moves over `n` bytes that were copied. */
static ALWAYS_INLINE void pass(struct cursor *at, size_t n)
{
    at->from += n;
    at->to += n;
}

/* Looks anew where the buffer can be written to. */
static ALWAYS_INLINE void start(struct weir_buffer *buffer, struct cursor *at)
{
    at->to = weir_buffer_reserve(buffer, left(at) + SLACK);
    at->limit = buffer->data + buffer->capacity;
}

static __attribute__((noinline)) void grow(struct weir_buffer *buffer, struct cursor *at)
{
    buffer->size = (size_t)(at->to - buffer->data);
    start(buffer, at);
}

/* Behind every step that has written more than it read. */
static ALWAYS_INLINE void make_room(struct weir_buffer *buffer, struct cursor *at)
{
    if (__builtin_expect((size_t)(at->limit - at->to) < left(at) + SLACK, 0))
        grow(buffer, at);
}

/* Marks, by its high bit, a byte that is not copied as it is. */
static ALWAYS_INLINE uint64_t word_marks(uint64_t word, enum escapes escapes)
{
    uint64_t marks = word | word_below(word, 0x20) | word_equal(word, '"') | word_equal(word, '\\');

    if (escapes == ESCAPES_HTML)
        marks |= word_equal(word, '<') | word_equal(word, '>') | word_equal(word, '&');
    return marks & WORD_HIGH_BITS;
}

/* 32 bytes at a time; true when it stopped at one that is marked. */
static ALWAYS_INLINE bool copy_blocks(struct cursor *at)
{
    while (left(at) >= 32) {
        uint64_t a = word_marks(word_load(at->from), at->escapes);
        uint64_t b = word_marks(word_load(at->from + 8), at->escapes);
        uint64_t c = word_marks(word_load(at->from + 16), at->escapes);
        uint64_t d = word_marks(word_load(at->from + 24), at->escapes);

        memcpy(at->to, at->from, 32);
        if (a | b | c | d) {
            pass(at, a   ? word_first(a)
                     : b ? 8 + word_first(b)
                     : c ? 16 + word_first(c)
                         : 24 + word_first(d));
            return true;
        }
        pass(at, 32);
    }
    return false;
}

/* The same, 8 bytes at a time. */
static ALWAYS_INLINE bool copy_words(struct cursor *at)
{
    while (left(at) >= 8) {
        uint64_t word = word_load(at->from), marks = word_marks(word, at->escapes);

        word_store(at->to, word);
        if (marks) {
            pass(at, word_first(marks));
            return true;
        }
        pass(at, 8);
    }
    return false;
}

/* The same for the rest, fewer than 8 bytes. */
static ALWAYS_INLINE bool copy_rest(struct cursor *at)
{
    size_t size = left(at);
    uint64_t word, marks;

    if (!size)
        return false;
    word = word_load_part(at->from, size);
    marks = word_marks(word, at->escapes) & word_bytes(size);
    word_store(at->to, word);
    pass(at, marks ? word_first(marks) : size);
    return marks != 0;
}

/* Copies what needs no change; true when it stopped at a byte that does. */
static ALWAYS_INLINE bool copy_plain(struct cursor *at)
{
    return copy_blocks(at) || copy_words(at) || copy_rest(at);
}

static void escape_unit(struct cursor *at, unsigned unit)
{
    static const char digits[] = "0123456789abcdef";
    char *to = at->to;

    *to++ = '\\';
    *to++ = 'u';
    for (int shift = 12; shift >= 0; shift -= 4)
        *to++ = digits[unit >> shift & 15];
    at->to = to;
}

/* The letter behind a backslash that stands for the byte, 0 if there is none. */
static char short_escape(unsigned char byte)
{
    switch (byte) {
    case '"':
    case '\\':
        return (char)byte;
    case '\b':
        return 'b';
    case '\f':
        return 'f';
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    default:
        return 0;
    }
}

static ALWAYS_INLINE void escape_ascii(struct cursor *at)
{
    unsigned char byte = *at->from++;
    char letter = byte == '"' ? '"' : short_escape(byte);

    if (!letter) {
        escape_unit(at, byte);
        return;
    }
    *at->to++ = '\\';
    *at->to++ = letter;
}

/* Characters of three bytes, most of what is not ASCII in practice, in a row. One
 * look at four bytes says whether it is one, and not overlong and no surrogate. */
static ALWAYS_INLINE void copy_threes(struct cursor *at)
{
    while (left(at) >= 4) {
        uint32_t four = word_load_half(at->from), range = four & 0x200F;

        if ((four & 0xC0C0F0) != 0x8080E0 || !range || range == 0x200D)
            return;
        if (at->escapes != ESCAPES_FEW && (four & 0xFEFFFF) == 0xA880E2)
            return;
        memcpy(at->to, at->from, 4);
        pass(at, 3);
    }
}

static bool is_line_separator(const unsigned char *text, size_t length)
{
    return length == 3 && text[0] == 0xE2 && text[1] == 0x80 && (text[2] & 0xFE) == 0xA8;
}

/* One character beyond ASCII, or one byte that is part of none. */
static void copy_character(struct weir_buffer *buffer, struct cursor *at)
{
    size_t length = utf8_length(at->from, left(at));

    if (length && !(at->escapes != ESCAPES_FEW && is_line_separator(at->from, length))) {
        memcpy(at->to, at->from, length);
        pass(at, length);
        return;
    }
    if (at->escapes != ESCAPES_FEW) {
        escape_unit(at, length ? 0x2000u | (at->from[2] & 0x3Fu) : 0xFFFDu);
    } else {
        memcpy(at->to, "\xEF\xBF\xBD", 3);
        at->to += 3;
    }
    at->from += length ? length : 1;
    make_room(buffer, at);
}

/* A run beyond ASCII. */
static void pass_run(struct weir_buffer *buffer, struct cursor *at)
{
    do {
        copy_threes(at);
        if (at->from < at->end && *at->from >= 0x80)
            copy_character(buffer, at);
    } while (at->to && at->from < at->end && *at->from >= 0x80);
}

/* What copy_plain() stopped at. */
static ALWAYS_INLINE void pass_special(struct weir_buffer *buffer, struct cursor *at)
{
    if (*at->from >= 0x80) {
        pass_run(buffer, at);
        return;
    }
    escape_ascii(at);
    make_room(buffer, at);
}

/* `comma` in front of the quotes and `colon` behind them where wanted. */
static ALWAYS_INLINE void append_string(
    struct weir_buffer *buffer, struct weir_str text, enum escapes escapes, bool comma, bool colon)
{
    const unsigned char *data = (const unsigned char *)(text.size ? text.data : "");
    struct cursor at = {data, data + text.size, NULL, NULL, escapes};

    start(buffer, &at);
    if (!at.to)
        return;
    if (comma)
        *at.to++ = ',';
    *at.to++ = '"';
    while (copy_plain(&at)) {
        pass_special(buffer, &at);
        if (!at.to)
            return;
    }
    *at.to++ = '"';
    if (colon)
        *at.to++ = ':';
    buffer->size = (size_t)(at.to - buffer->data);
}

void weir_json_string(struct weir_buffer *buffer, struct weir_str text)
{
    append_string(buffer, text, ESCAPES_FEW, false, false);
}

void weir_json_string_html(struct weir_buffer *buffer, struct weir_str text)
{
    append_string(buffer, text, ESCAPES_HTML, false, false);
}

void weir_json_string_go(struct weir_buffer *buffer, struct weir_str text)
{
    append_string(buffer, text, ESCAPES_GO, false, false);
}

static bool ends_in_brace(const struct weir_buffer *buffer)
{
    return buffer->size && buffer->data[buffer->size - 1] == '{';
}

static ALWAYS_INLINE void append_members(
    struct weir_buffer *buffer, const struct weir_kv *pairs, size_t n_pairs, enum escapes escapes)
{
    bool comma = !ends_in_brace(buffer);

    for (size_t i = 0; i < n_pairs; i++) {
        append_string(buffer, pairs[i].key, escapes, comma, true);
        append_string(buffer, pairs[i].value, escapes, false, false);
        comma = true;
    }
}

void weir_json_members(struct weir_buffer *buffer, const struct weir_kv *pairs, size_t n_pairs)
{
    append_members(buffer, pairs, n_pairs, ESCAPES_FEW);
}

void weir_json_members_go(struct weir_buffer *buffer, const struct weir_kv *pairs, size_t n_pairs)
{
    append_members(buffer, pairs, n_pairs, ESCAPES_GO);
}

void weir_json_log(struct weir_buffer *buffer, const struct weir_log *log)
{
    weir_buffer_append_byte(buffer, '{');
    weir_json_members(buffer, log->contents, log->n_contents);
    weir_buffer_append_byte(buffer, '}');
}
