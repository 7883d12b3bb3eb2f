#include "config/snippet.h"

#include <stdbool.h>
#include <string.h>
#include "base/mem.h"
#include "base/utf8.h"

#define TAB_COLUMNS 4u
#define DOTS "..."
/* Of a clipped line, how much is shown before the underlined stretch. */
#define CONTEXT_COLUMNS (SNIPPET_COLUMNS_MAX / 3)

/* One character of the line, as shown. */
struct cell {
    size_t offset, size; /* bytes of the shown text */
    size_t width;        /* terminal columns */
};

struct cells {
    struct buf text;
    struct cell *items;
    size_t count, capacity, width;
};

static unsigned code_point(const unsigned char *text, size_t length)
{
    unsigned point = text[0];

    if (length > 1)
        point &= 0x7Fu >> length;
    for (size_t i = 1; i < length; i++)
        point = point << 6 | (text[i] & 0x3F);
    return point;
}

static bool is_hidden(unsigned point)
{
    return point < 0x20 || (point >= 0x7F && point < 0xA0) ||
           (point >= 0x200B && point <= 0x200F) || (point >= 0x2028 && point <= 0x202E) ||
           (point >= 0x2066 && point <= 0x2069) || point == 0xFEFF;
}

/* As wcwidth, without a locale: combining marks, East Asian wide forms. */
static size_t width_of(unsigned point)
{
    static const struct {
        unsigned first, last;
    } wide[] = {{0x1100, 0x115F}, {0x2E80, 0xA4CF}, {0xAC00, 0xD7A3}, {0xF900, 0xFAFF},
        {0xFE30, 0xFE6F}, {0xFF00, 0xFF60}, {0xFFE0, 0xFFE6}, {0x1F300, 0x1FAFF},
        {0x20000, 0x3FFFD}};

    if (point >= 0x300 && point <= 0x36F)
        return 0;
    for (size_t i = 0; i < ARRAY_SIZE(wide); i++)
        if (point >= wide[i].first && point <= wide[i].last)
            return 2;
    return 1;
}

/* Appends the character at `text` and returns its bytes there; sets its columns. */
static size_t put_visible(struct buf *out, const char *text, size_t size, size_t *ret_width)
{
    const unsigned char *bytes = (const unsigned char *)text;
    size_t length = utf8_length(bytes, size), before = out->size;
    unsigned point = length ? code_point(bytes, length) : 0;

    if (!length)
        buf_printf(out, "\\x%02x", bytes[0]);
    else if (is_hidden(point))
        buf_printf(out, point < 0x80 ? "\\x%02x" : "\\u%04x", point);
    else {
        buf_append(out, text, length);
        *ret_width = width_of(point);
        return length;
    }
    *ret_width = out->size - before;
    return length ? length : 1;
}

void snippet_visible(struct buf *out, const char *text)
{
    size_t width, size = strlen(text);

    for (size_t at = 0; at < size;)
        at += put_visible(out, text + at, size - at, &width);
}

static void put_tab(struct cells *cells, struct cell *cell)
{
    cell->width = TAB_COLUMNS - cells->width % TAB_COLUMNS;
    for (size_t i = 0; i < cell->width; i++)
        buf_putc(&cells->text, ' ');
}

static void split(struct cells *cells, const char *line)
{
    size_t size = strlen(line), at = 0;

    if (size && line[size - 1] == '\r')
        size--;
    while (at < size) {
        struct cell cell = {.offset = cells->text.size};

        if (line[at] == '\t') {
            put_tab(cells, &cell);
            at++;
        } else {
            at += put_visible(&cells->text, line + at, size - at, &cell.width);
        }
        cell.size = cells->text.size - cell.offset;
        cells->width += cell.width;
        MEM_GROW(cells->items, cells->count, cells->capacity);
        cells->items[cells->count++] = cell;
    }
}

static size_t width_between(const struct cells *cells, size_t from, size_t to)
{
    size_t width = 0;

    for (size_t i = from; i < to; i++)
        width += cells->items[i].width;
    return width;
}

/* The window of cells to show, so that the one at `middle` is in it. */
static void choose_window(
    const struct cells *cells, size_t middle, size_t *ret_from, size_t *ret_to)
{
    size_t from = middle, to = middle, left = 0, width;

    if (cells->width <= SNIPPET_COLUMNS_MAX) {
        *ret_from = 0;
        *ret_to = cells->count;
        return;
    }
    while (from && left + cells->items[from - 1].width <= CONTEXT_COLUMNS)
        left += cells->items[--from].width;
    width = left;
    while (to < cells->count && width + cells->items[to].width <= SNIPPET_COLUMNS_MAX)
        width += cells->items[to++].width;
    while (from && width + cells->items[from - 1].width <= SNIPPET_COLUMNS_MAX)
        width += cells->items[--from].width;
    *ret_from = from;
    *ret_to = to;
}

static void append_window(struct buf *out, const struct cells *cells, size_t from, size_t to)
{
    if (from)
        buf_puts(out, DOTS);
    for (size_t i = from; i < to; i++)
        buf_append(out, cells->text.data + cells->items[i].offset, cells->items[i].size);
    if (to < cells->count)
        buf_puts(out, DOTS);
}

void snippet_make(struct snippet *ret, const char *line, size_t column, size_t length)
{
    struct cells cells = {0};
    size_t first, last, from, to;

    *ret = (struct snippet){0};
    split(&cells, line);
    first = MIN(column ? column - 1 : 0, cells.count);
    choose_window(&cells, first, &from, &to);
    last = MIN(first + MIN(length, cells.count), to);
    append_window(&ret->text, &cells, from, to);
    ret->indent = width_between(&cells, from, first) + (from ? strlen(DOTS) : 0);
    ret->underline = MAX(width_between(&cells, first, last), 1u);
    buf_finish(&cells.text);
    free(cells.items);
}

void snippet_finish(struct snippet *snippet)
{
    buf_finish(&snippet->text);
}
