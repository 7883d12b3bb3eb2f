/*
 * References in strings: ${env:NAME} and ${file:/path}; $${ stands for a literal ${.
 * What a file holds is taken without one newline at its end. [control]
 */
#ifndef CONFIG_REFERENCE_H
#define CONFIG_REFERENCE_H

#include <stdbool.h>
#include "base/buf.h"
#include "config/diag.h"

/* A referenced file may hold so much; bytes. */
#define REFERENCE_FILE_MAX_BYTES (64 * KIB)

/* Whether there is something to resolve. */
bool reference_present(const char *text, size_t size);
/* Resolves all into `out`. *ret_whole: the text is one reference and nothing else.
 * False when one cannot be resolved; it is then in `diags`. */
bool reference_resolve(const char *text, size_t size, struct place place, struct buf *out,
    bool *ret_whole, struct diag_list *diags);

/* Calls `found` with the path of each ${file:...} of a text that has not been parsed. */
void reference_each_file(
    const char *text, size_t size, void (*found)(void *context, const char *path), void *context);

#endif
