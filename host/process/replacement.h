/*
 * What matches of an expression are replaced by: text with references to groups,
 * written as upstream's engine has it: $1, ${1}, ${name}, $& for the whole match,
 * $$ for a dollar. A dollar before anything else stands for itself.
 */
#ifndef PROCESS_REPLACEMENT_H
#define PROCESS_REPLACEMENT_H

#include "base/buf.h"
#include "base/pattern.h"

struct replacement;

/* `text` must live as long as what is made of it. NULL with the reason in `why`. */
struct replacement *replacement_create(
    struct weir_str text, const struct pattern *pattern, char *why, size_t why_max);
void replacement_destroy(struct replacement *replacement);

/* Appends it for a match of `subject`. */
void replacement_put(const struct replacement *replacement, struct weir_str subject,
    const struct pattern_span *spans, struct buf *to);

#endif
