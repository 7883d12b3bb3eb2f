/*
 * Which lines make one log, in upstream's meaning: by expressions that tell its first,
 * further and last lines (Mode custom), or by the braces of JSON objects (Mode JSON).
 * Lines are judged one after the other; what is remembered of those before is the
 * caller's. An expression matches at the first byte of a line and need not reach its
 * last. Belongs to one loop.
 */
#ifndef INPUT_MULTILINE_H
#define INPUT_MULTILINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/option.h>
#include "base/util.h"

enum multiline_mode { MULTILINE_CUSTOM, MULTILINE_JSON };
/* What becomes of lines that belong to no log: each is one of its own, or it is left out. */
enum multiline_unmatched { MULTILINE_SINGLE_LINE, MULTILINE_DISCARD };

/* The option Multiline of a file input. */
struct multiline_options {
    uint32_t mode; /* enum multiline_mode */
    struct weir_str start_pattern, continue_pattern, end_pattern;
    uint32_t unmatched;       /* enum multiline_unmatched */
    uint32_t file_write_mode; /* of upstream's mode whole_file, as the next: not looked at */
    uint64_t max_whole_file_bytes;
};

struct multiline;

/* *ret_multiline is NULL when every line is a log of its own: no pattern, or only ones
 * that match everything. False with words in `why`: an option is wrong. */
bool multiline_create(const struct multiline_options *options, struct multiline **ret_multiline,
    char *why, size_t why_max);
/* NULL is fine. */
void multiline_destroy(struct multiline *multiline);
SCOPED_DEFINE(struct multiline, multiline_destroy);

/* What is known of the log that is open; zeroed: none is. */
struct multiline_state {
    bool open;
    uint32_t depth; /* JSON: braces */
};

/* What a line is to the log that is open before it. */
enum line_role {
    LINE_ALONE,     /* a log of its own; none was open */
    LINE_BEGINS,    /* the first of a log; one that was open ends before it */
    LINE_JOINS,     /* a further one */
    LINE_ENDS,      /* the last one */
    LINE_UNMATCHED, /* belongs to none; one that was open ends before it */
    LINE_BREAKS,    /* with it all lines of the open log belong to none */
    LINE_BLANK,     /* JSON: nothing between two logs */
};
/* Judges the next line (without its newline). Not `whole`: only its beginning is there,
 * and its end will not be judged. */
enum line_role multiline_judge(
    struct multiline *multiline, struct multiline_state *state, struct weir_str line, bool whole);

/* Lines of the open log are passed over, without being judged; the first and the last may
 * be in part. */
void multiline_pass(
    const struct multiline *multiline, struct multiline_state *state, struct weir_str lines);

/* Nothing follows: whether the lines of the open log are one; if not, they belong to
 * none. */
bool multiline_may_end(const struct multiline *multiline);
/* Whether lines that belong to none are left out. */
bool multiline_discards(const struct multiline *multiline);
/* Before each batch: what its lines may cost together is renewed. */
void multiline_renew(struct multiline *multiline);
/* How often since the last call a line was too hard for an expression, which counts as
 * not matching. */
uint64_t multiline_too_hard(struct multiline *multiline);

#endif
