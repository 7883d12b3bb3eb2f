#include "process/csv_text.h"

#include "base/utf8.h"

bool csv_is_separator(struct weir_str text)
{
    return text.size && utf8_length((const unsigned char *)text.data, text.size) == text.size &&
           !memchr("\"\r\n", text.data[0], 3);
}

static bool at_separator(const struct csv *csv, const char *at)
{
    size_t size = csv->separator.size;

    return (size_t)(csv->end - at) >= size && memcmp(at, csv->separator.data, size) == 0;
}

/* Bytes of the newline that starts here: 1, 2 for CRLF (or a CR that ends all), or 0. */
static size_t newline_size(const struct csv *csv, const char *at)
{
    if (*at == '\n')
        return 1;
    if (*at != '\r')
        return 0;
    return at + 1 == csv->end ? 1 : at[1] == '\n' ? 2 : 0;
}

bool csv_next_record(struct csv *csv)
{
    while (csv->at < csv->end) {
        size_t size = newline_size(csv, csv->at);

        if (!size)
            return true;
        csv->at += size;
    }
    return false;
}

/* Bytes of the space at the start of a text, as Unicode has it; 0: it is none. */
static size_t space_size(const unsigned char *at, size_t size)
{
    if (!size || (at[0] >= '\t' && at[0] <= '\r') || at[0] == ' ')
        return size ? 1 : 0;
    if (size >= 2 && at[0] == 0xC2 && (at[1] == 0x85 || at[1] == 0xA0))
        return 2;
    if (size < 3)
        return 0;
    if ((at[0] == 0xE1 && at[1] == 0x9A && at[2] == 0x80) ||
        (at[0] == 0xE3 && at[1] == 0x80 && at[2] == 0x80) ||
        (at[0] == 0xE2 && at[1] == 0x81 && at[2] == 0x9F))
        return 3;
    return at[0] == 0xE2 && at[1] == 0x80 &&
                   (at[2] <= 0x8A || at[2] == 0xA8 || at[2] == 0xA9 || at[2] == 0xAF)
               ? 3
               : 0;
}

static void skip_space(struct csv *csv)
{
    size_t size;

    while (csv->at < csv->end && !newline_size(csv, csv->at) &&
           (size = space_size((const unsigned char *)csv->at, (size_t)(csv->end - csv->at))))
        csv->at += size;
}

/* Behind a field: a separator, a newline or the end. */
static enum csv_result take_end(struct csv *csv)
{
    size_t size;

    if (csv->at == csv->end)
        return CSV_LAST;
    if (at_separator(csv, csv->at)) {
        csv->at += csv->separator.size;
        return CSV_FIELD;
    }
    size = newline_size(csv, csv->at);
    csv->at += size;
    return size ? CSV_LAST : CSV_BAD;
}

static enum csv_result take_plain(struct csv *csv, struct weir_str *ret_field)
{
    const char *start = csv->at;

    while (csv->at < csv->end && !newline_size(csv, csv->at) && !at_separator(csv, csv->at))
        if (*csv->at++ == '"')
            return CSV_BAD;
    *ret_field = (struct weir_str){start, (size_t)(csv->at - start)};
    return take_end(csv);
}

/* Where the quotes are closed, NULL: nowhere. *ret_n_less: what is to be left out. */
static const char *find_close(const struct csv *csv, size_t *ret_n_less)
{
    const char *at = csv->at;

    *ret_n_less = 0;
    while (at < csv->end) {
        const char *quote = memchr(at, '"', (size_t)(csv->end - at));

        if (!quote)
            return NULL;
        for (const char *cr = at; (cr = memmem(cr, (size_t)(quote - cr), "\r\n", 2)); cr++)
            ++*ret_n_less;
        if (quote + 1 == csv->end || quote[1] != '"')
            return quote;
        ++*ret_n_less;
        at = quote + 2;
    }
    return NULL;
}

/* The text between quotes, without doubled ones and with plain newlines. */
static struct weir_str undouble(struct arena *arena, const char *from, const char *end, size_t less)
{
    char *text = arena_alloc(arena, (size_t)(end - from) - less), *to = text;

    for (; from < end; from++)
        if (*from == '"')
            *to++ = *from++;
        else if (*from != '\r' || from + 1 == end || from[1] != '\n')
            *to++ = *from;
    return (struct weir_str){text, (size_t)(to - text)};
}

static enum csv_result take_quoted(struct csv *csv, struct arena *arena, struct weir_str *ret_field)
{
    const char *start = ++csv->at;
    size_t n_less;
    const char *close = find_close(csv, &n_less);

    if (!close)
        return CSV_BAD;
    *ret_field = n_less ? undouble(arena, start, close, n_less)
                        : (struct weir_str){start, (size_t)(close - start)};
    csv->at = close + 1;
    return take_end(csv);
}

enum csv_result csv_take_field(struct csv *csv, struct arena *arena, struct weir_str *ret_field)
{
    if (csv->trim)
        skip_space(csv);
    if (csv->at < csv->end && *csv->at == '"')
        return take_quoted(csv, arena, ret_field);
    return take_plain(csv, ret_field);
}

static bool needs_quotes(struct weir_str separator, struct weir_str field)
{
    if (!field.size)
        return false;
    if (space_size((const unsigned char *)field.data, field.size) ||
        str_equal(field, str_of("\\.")))
        return true;
    return memmem(field.data, field.size, separator.data, separator.size) ||
           memchr(field.data, '"', field.size) || memchr(field.data, '\n', field.size) ||
           memchr(field.data, '\r', field.size);
}

void csv_put_field(struct buf *to, struct weir_str separator, struct weir_str field)
{
    const char *at = field.data, *end = at + field.size, *quote;

    if (!needs_quotes(separator, field)) {
        buf_append(to, field.data, field.size);
        return;
    }
    buf_putc(to, '"');
    for (; (quote = memchr(at, '"', (size_t)(end - at))); at = quote + 1) {
        buf_append(to, at, (size_t)(quote - at) + 1);
        buf_putc(to, '"');
    }
    buf_append(to, at, (size_t)(end - at));
    buf_putc(to, '"');
}
