/*
 * The tag __pack_id__: groups of one source bear one prefix and growing numbers,
 * so that a reader can put logs back in order. Upstream's form: FNV-1a of (text,
 * address, time) in upper-case hexadecimal, "-", the number in hexadecimal.
 */
#ifndef AGGREGATE_PACK_ID_H
#define AGGREGATE_PACK_ID_H

#include <weir/abi.h>

/* Bytes that hold any pack id and a NUL. */
#define PACK_ID_MAX 34

uint64_t pack_id_prefix(struct weir_str text, const char *source_ip);
/* Returns the text's size in bytes. */
size_t pack_id_format(char text[static PACK_ID_MAX], uint64_t prefix, int64_t number);

#endif
