/*
 * A regular expression with upstream's (RE2's) meaning where the two engines
 * differ: dot matches a newline, $ only the very end, text is UTF-8. What RE2
 * lacks (look-around, back references) works. Matching is bounded in time: a line
 * on which an expression explodes is answered PATTERN_TOO_HARD.
 *
 * A line that is not UTF-8 is matched byte by byte. Belongs to one thread.
 */
#ifndef BASE_PATTERN_H
#define BASE_PATTERN_H

#include <stdbool.h>
#include <stdint.h>
#include <weir/abi.h>
#include "base/util.h"

/* Bytes that hold every reason for which there is no pattern. */
#define PATTERN_WHY_MAX 200

struct pattern;

/* A stretch of the subject; `start` is SIZE_MAX for a group that took no part. */
struct pattern_span {
    size_t start, end; /* bytes */
};

enum pattern_result {
    PATTERN_NO_MATCH,
    PATTERN_MATCH,
    PATTERN_TOO_HARD, /* given up at the limit of steps or memory */
};

/* `at_start`: it must match at the first byte. NULL with the reason in `why`: "character 3: ...".
 */
struct pattern *pattern_create(struct weir_str text, bool at_start, char *why, size_t why_max);
void pattern_destroy(struct pattern *pattern);
SCOPED_DEFINE(struct pattern, pattern_destroy);

/* The number of capturing groups. */
uint32_t pattern_n_groups(const struct pattern *pattern);

/* Finds the leftmost match. With PATTERN_MATCH *ret_spans has 1 + n_groups spans,
 * the whole match first; they hold until the next call. */
enum pattern_result pattern_match(
    struct pattern *pattern, struct weir_str subject, const struct pattern_span **ret_spans);

/* Before each batch: what its lines may cost together is renewed. */
void pattern_renew(struct pattern *pattern);

#endif
