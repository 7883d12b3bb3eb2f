#include <weir/json.h>

#include <endian.h>

#define ONES 0x0101010101010101U
#define HIGH_BITS 0x8080808080808080U

/* High bit of each byte that is zero. Bytes above a zero byte may be wrong, so
 * only "none" and the lowest one can be relied on. */
static inline uint64_t zero_bytes(uint64_t word)
{
    return (word - ONES) & ~word & HIGH_BITS;
}

static inline uint64_t equal_bytes(uint64_t word, unsigned char byte)
{
    return zero_bytes(word ^ (ONES * byte));
}

/* The same for bytes that cannot be copied without a closer look. */
static inline uint64_t special_bytes(uint64_t word, bool html)
{
    uint64_t found = (word - ONES * 0x20) & ~word & HIGH_BITS;

    found |= equal_bytes(word, '"') | equal_bytes(word, '\\') | (word & HIGH_BITS);
    if (html)
        found |= equal_bytes(word, '<') | equal_bytes(word, '>') | equal_bytes(word, '&');
    return found;
}

static inline bool is_special(unsigned char byte, bool html)
{
    return byte < 0x20 || byte >= 0x80 || byte == '"' || byte == '\\' ||
           (html && (byte == '<' || byte == '>' || byte == '&'));
}

static inline size_t ascii_run(const unsigned char *text, size_t size, bool html)
{
    size_t i = 0;

    for (; size - i >= 8; i += 8) {
        uint64_t word, found;

        memcpy(&word, text + i, sizeof word);
        found = special_bytes(le64toh(word), html);
        if (found)
            return i + (size_t)__builtin_ctzll(found) / 8;
    }
    while (i < size && !is_special(text[i], html))
        i++;
    return i;
}

/* Bytes of the valid sequence beyond ASCII that starts at `text`, 0 if there is none. */
static size_t sequence_length(const unsigned char *text, size_t size)
{
    unsigned char lead = text[0];
    size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;

    if (lead < 0xC2 || lead > 0xF4 || size < length)
        return 0;
    for (size_t i = 1; i < length; i++)
        if ((text[i] & 0xC0) != 0x80)
            return 0;
    if ((lead == 0xE0 && text[1] < 0xA0) || (lead == 0xED && text[1] > 0x9F) ||
        (lead == 0xF0 && text[1] < 0x90) || (lead == 0xF4 && text[1] > 0x8F))
        return 0;
    return length;
}

static bool is_line_separator(const unsigned char *text, size_t length)
{
    return length == 3 && text[0] == 0xE2 && text[1] == 0x80 && (text[2] & 0xFE) == 0xA8;
}

/* Bytes that can be copied as they are. */
static inline size_t plain_run(const unsigned char *text, size_t size, bool html)
{
    size_t i = 0;

    for (;;) {
        size_t length;

        i += ascii_run(text + i, size - i, html);
        if (i == size || text[i] < 0x80)
            return i;
        length = sequence_length(text + i, size - i);
        if (!length || (html && is_line_separator(text + i, length)))
            return i;
        i += length;
    }
}

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

static void append_unit(struct weir_buffer *buffer, unsigned unit)
{
    static const char hex[] = "0123456789abcdef";
    char text[] = {
        '\\', 'u', hex[unit >> 12 & 15], hex[unit >> 8 & 15], hex[unit >> 4 & 15], hex[unit & 15]};

    weir_buffer_append(buffer, text, sizeof text);
}

/* Writes what starts at `text` and is not plain; returns how many bytes that were. */
static size_t append_escape(struct weir_buffer *buffer, const unsigned char *text, size_t size)
{
    char letter = short_escape(text[0]);

    if (letter) {
        weir_buffer_append(buffer, (char[]){'\\', letter}, 2);
    } else if (text[0] < 0x80) {
        append_unit(buffer, text[0]);
    } else if (sequence_length(text, size)) {
        append_unit(buffer, 0x2000u | (text[2] & 0x3Fu));
        return 3;
    } else {
        weir_buffer_append(buffer, "\xEF\xBF\xBD", 3);
    }
    return 1;
}

static inline void append_string(struct weir_buffer *buffer, struct weir_str text, bool html)
{
    const unsigned char *at = (const unsigned char *)text.data;
    size_t left = text.size;

    weir_buffer_append_byte(buffer, '"');
    while (left) {
        size_t run = plain_run(at, left, html);

        weir_buffer_append(buffer, at, run);
        if (run < left)
            run += append_escape(buffer, at + run, left - run);
        at += run;
        left -= run;
    }
    weir_buffer_append_byte(buffer, '"');
}

void weir_json_string(struct weir_buffer *buffer, struct weir_str text)
{
    append_string(buffer, text, false);
}

void weir_json_string_html(struct weir_buffer *buffer, struct weir_str text)
{
    append_string(buffer, text, true);
}

void weir_json_members(struct weir_buffer *buffer, const struct weir_kv *pairs, size_t n_pairs)
{
    for (size_t i = 0; i < n_pairs; i++) {
        if (!buffer->size || buffer->data[buffer->size - 1] != '{')
            weir_buffer_append_byte(buffer, ',');
        weir_json_string(buffer, pairs[i].key);
        weir_buffer_append_byte(buffer, ':');
        weir_json_string(buffer, pairs[i].value);
    }
}

void weir_json_log(struct weir_buffer *buffer, const struct weir_log *log)
{
    weir_buffer_append_byte(buffer, '{');
    weir_json_members(buffer, log->contents, log->n_contents);
    weir_buffer_append_byte(buffer, '}');
}
