#include "cli/table.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"

void table_cell(struct table *table, const char *format, ...)
{
    struct buf text = {0};
    va_list arguments;

    va_start(arguments, format);
    buf_vprintf(&text, format, arguments);
    va_end(arguments);
    buf_text(&text);
    for (size_t i = 0; i < text.size; i++)
        if ((unsigned char)text.data[i] < ' ' || text.data[i] == 0x7f)
            text.data[i] = '?';
    MEM_GROW(table->cells, table->count, table->capacity);
    table->cells[table->count++] = buf_take(&text);
}

static void measure(const struct table *table, int *widths)
{
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->n_columns;

        widths[column] = MAX(widths[column], (int)strlen(table->cells[i]));
    }
}

void table_print(const struct table *table, struct buf *out)
{
    int widths[TABLE_COLUMNS_MAX] = {0};

    measure(table, widths);
    for (size_t i = 0; i < table->count; i++) {
        size_t column = i % table->n_columns;

        if (column + 1 == table->n_columns)
            buf_printf(out, "%s\n", table->cells[i]);
        else
            buf_printf(out, "%-*s  ", widths[column], table->cells[i]);
    }
}

void table_finish(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free((void *)table->cells);
    *table = (struct table){0};
}
