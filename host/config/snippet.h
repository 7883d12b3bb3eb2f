/*
 * A line of a file as it can be shown on a terminal: tabs expanded, control and
 * stray bytes made visible, clipped around the stretch it is about. [control]
 */
#ifndef CONFIG_SNIPPET_H
#define CONFIG_SNIPPET_H

#include "base/buf.h"

#define SNIPPET_COLUMNS_MAX 100u /* of a terminal, without the dots */

struct snippet {
    struct buf text;
    size_t indent;    /* terminal columns before the underlined stretch */
    size_t underline; /* terminal columns of that stretch, at least 1 */
};

/* `column` (from 1) and `length` count characters of `line`. */
void snippet_make(struct snippet *ret, const char *line, size_t column, size_t length);
void snippet_finish(struct snippet *snippet);

/* Appends text with its control characters, stray bytes and marks that turn the
 * direction of writing made visible. */
void snippet_visible(struct buf *out, const char *text);

#endif
