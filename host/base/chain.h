/*
 * A regular expression of the kind that takes log lines apart: characters, classes
 * and runs of classes one behind the other, with groups around them; no
 * alternatives, no counted ranges, no repeated groups. Such a chain is walked once,
 * taking at each run the first choice that lets the next link match. When that
 * comes to the end it is what a backtracking matcher finds first. When it does not,
 * nothing is known: PCRE2 must be asked. So a chain is only ever a short cut.
 */
#ifndef BASE_CHAIN_H
#define BASE_CHAIN_H

#include <stdbool.h>
#include <stdint.h>
#include <weir/abi.h>
#include "base/pattern.h"

struct chain;

/* NULL: it is no chain, or PCRE2 might read it otherwise. The meaning is PCRE2's with
 * dotall and dollar-endonly; `text` is ASCII and compiles. */
struct chain *chain_create(struct weir_str text);
void chain_destroy(struct chain *chain);

uint32_t chain_n_groups(const struct chain *chain);
/* Whether it matches UTF-8 as it does bytes: no character can be taken in part. */
bool chain_fits_utf8(const struct chain *chain);

/* True: it matches from the first byte on; `spans` has 1 + n_groups spans. */
bool chain_match(
    const struct chain *chain, struct weir_str subject, struct pattern_span *ret_spans);

#endif
