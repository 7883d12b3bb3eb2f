/*
 * The strict JSON scanner: RFC 8259, valid UTF-8, no duplicate keys, no NUL in
 * keys, integers that fit 64 bits, bounded depth. It makes the tree of places;
 * values are json-c's. [control]
 */
#ifndef CONFIG_SCANNER_H
#define CONFIG_SCANNER_H

#include "config/document.h"

#define SCANNER_DEPTH_MAX 64u                /* levels of arrays and objects */
#define SCANNER_FILE_MAX_BYTES (16ULL << 20) /* bytes of one configuration file */

/* The tree of a text, without values; NULL when it is no JSON (the first error is
 * in `diags`). Duplicate keys and the like are reported, too, and do not end it. */
struct json_node *scanner_scan(
    const char *path, const char *text, size_t size, struct diag_list *diags);
void scanner_free(struct json_node *root);

#endif
