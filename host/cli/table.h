/* Text in columns as wide as their widest cell; the last one is as long as it likes. */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stddef.h>
#include "base/buf.h"

#define TABLE_COLUMNS_MAX 12

struct table {
    size_t n_columns;
    char **cells; /* row by row */
    size_t count, capacity;
};

/* The next cell, left to right; printed control bytes become '?'. */
void table_cell(struct table *table, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* All rows; a NUL-terminated text is appended. */
void table_print(const struct table *table, struct buf *out);
void table_finish(struct table *table);

#endif
