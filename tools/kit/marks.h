/*
 * Logs that can be told apart at the other end, whatever form the plugin gives them: each
 * holds a word that occurs nowhere else, made of letters and digits that every text
 * format leaves as they are. [control]
 */
#ifndef KIT_MARKS_H
#define KIT_MARKS_H

#include "kit/sample.h"
#include "kit/trial.h"

#define MARK_SIZE 24 /* bytes of a mark, its NUL included */

/* The mark of that number, in this trial. */
void marks_text(const struct trial *trial, uint32_t number, char text[MARK_SIZE]);

/* A batch of one group whose `n` logs have the marks `first` and up, in a field `content`
 * beside others. */
struct sample *marks_sample(const struct trial *trial, uint64_t id, uint32_t first, uint32_t n);
/* Adds one such log to the last group of a batch. */
void marks_log(const struct trial *trial, struct sample *sample, uint32_t number);

/* What the sink has of the marks 0 .. n-1. */
struct marks_found {
    uint32_t n_missing, first_missing;
    uint32_t n_repeated, first_repeated; /* arrived more than once */
    uint32_t n_disordered;               /* arrived behind one of a greater number */
    uint32_t *counts;                    /* n; the caller's, see marks_finish */
};
/* Looks until none of the first `n` is missing, or the time is up. */
void marks_find(struct trial *trial, uint32_t n, uint64_t timeout_ns, struct marks_found *ret);
void marks_finish(struct marks_found *found);

#endif
