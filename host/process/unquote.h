/* A string literal of Go's without its escapes. Pure. */
#ifndef PROCESS_UNQUOTE_H
#define PROCESS_UNQUOTE_H

#include <stdbool.h>
#include <weir/abi.h>

/* Takes escapes (\n \t \" \\ \x41 \101 \u00e4 \U0001F600 ...) for what they stand for. `to`
 * has room for the size of the text, which never grows. `quotes`: whether a plain quote
 * may stand in it. False: an escape is wrong, or a newline or such a quote stands in it. */
bool unquote(struct weir_str text, bool quotes, char *to, size_t *ret_size);

#endif
