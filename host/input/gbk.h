/* Text in GBK, as UTF-8. A character of GBK is one byte below 0x80 or two, the first
 * of them 0x81 to 0xFE; a newline is never part of one. [any] */
#ifndef INPUT_GBK_H
#define INPUT_GBK_H

#include <stdbool.h>
#include <weir/abi.h>
#include "base/buf.h"

struct gbk;

/* Made of what the system's iconv knows. NULL with errno when it does not know GBK. */
struct gbk *gbk_create(void);
/* NULL is fine. */
void gbk_destroy(struct gbk *gbk);

/* Appends the text as UTF-8. What is no character becomes U+FFFD; returns how often. */
size_t gbk_decode(const struct gbk *gbk, struct weir_str text, struct buf *utf8);

/* Whether it is the same in UTF-8. */
bool gbk_is_ascii(struct weir_str text);

/* The largest size up to `max`, over 1, at which no character is cut. */
size_t gbk_cut(struct weir_str text, size_t max);

#endif
