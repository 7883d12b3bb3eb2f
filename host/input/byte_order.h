/*
 * What a file begins with that says how its text is encoded: a byte order mark. Pure.
 */
#ifndef INPUT_BYTE_ORDER_H
#define INPUT_BYTE_ORDER_H

#include <stdbool.h>
#include <stddef.h>

/* Bytes of UTF-8's mark, 0 when it is not there. It is no part of the text. */
size_t byte_order_utf8(const char *data, size_t size);
/* Whether it is UTF-16's, of either order. */
bool byte_order_utf16(const char *data, size_t size);

#endif
