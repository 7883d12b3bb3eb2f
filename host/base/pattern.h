/*
 * A regular expression with upstream's (RE2's) meaning where the two engines
 * differ: dot matches a newline unless told not to, $ only the very end, text is
 * UTF-8. What RE2 lacks (look-around, back references) works. Matching is bounded in
 * time: a line on which an expression explodes is answered PATTERN_TOO_HARD.
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

enum {
    PATTERN_AT_START = 1u << 0, /* it must match at the first byte */
    PATTERN_WHOLE = 1u << 1,    /* and to the last, whichever alternative that takes */
    PATTERN_LINE_DOT = 1u << 2, /* a dot does not match a newline */
    PATTERN_DUPNAMES = 1u << 3, /* several groups may have one name */
};

/* NULL with the reason in `why`: "character 3: ...". */
struct pattern *pattern_create(struct weir_str text, unsigned flags, char *why, size_t why_max);
void pattern_destroy(struct pattern *pattern);
SCOPED_DEFINE(struct pattern, pattern_destroy);

/* The number of capturing groups. */
uint32_t pattern_n_groups(const struct pattern *pattern);
/* The group of that name, 0: none. */
uint32_t pattern_group(const struct pattern *pattern, struct weir_str name);
/* The name of a group, NULL: it has none. */
const char *pattern_group_name(const struct pattern *pattern, uint32_t group);

/* Finds the leftmost match. With PATTERN_MATCH *ret_spans has 1 + n_groups spans,
 * the whole match first; they hold until the next call. */
enum pattern_result pattern_match(
    struct pattern *pattern, struct weir_str subject, const struct pattern_span **ret_spans);

/* Private: how a subject is matched. */
enum pattern_text {
    PATTERN_TEXT_UNKNOWN,
    PATTERN_TEXT_BYTES,  /* byte by byte */
    PATTERN_TEXT_UTF,    /* valid */
    PATTERN_TEXT_BROKEN, /* not valid, but an expression that has other characters */
};

/* All matches of one subject, from left to right. What they may cost together is
 * bounded in CPU time; after PATTERN_TOO_HARD there is no further one. */
struct pattern_scan {
    struct pattern *pattern;
    struct weir_str subject;
    size_t at;       /* bytes; where the next one may begin. May be moved on by the caller */
    uint64_t end_ns; /* private, as the others */
    uint32_t n_matches;
    enum pattern_text kind;
};

/* `limit_ns`: CPU time that it may take. */
void pattern_scan_init(
    struct pattern_scan *scan, struct pattern *pattern, struct weir_str subject, uint64_t limit_ns);
/* As pattern_match. An empty match is followed by one a character further on. A match that
 * begins within the one before, or behind its own end, is PATTERN_TOO_HARD. */
enum pattern_result pattern_scan_next(
    struct pattern_scan *scan, const struct pattern_span **ret_spans);

/* Before each batch: what its lines may cost together is renewed. */
void pattern_renew(struct pattern *pattern);

#endif
