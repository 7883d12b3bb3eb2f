/*
 * What a processor could not work on or took out, as metrics and, when it ends, in the
 * log. Belongs to the pipeline's loop.
 */
#ifndef PROCESS_TALLY_H
#define PROCESS_TALLY_H

#include "process/process.h"

struct metrics;

struct tally {
    struct metrics *metrics;          /* NULL: nothing is counted there */
    const char *pipeline, *processor; /* live as long as it does */
    /* Private: what has been recorded, and the series, made when first needed. */
    uint64_t n_failed, n_dropped;
    uint32_t failed, dropped;
};

/* After each batch. */
void tally_update(struct tally *tally, const struct processor *processor);
/* Once, at the end. */
void tally_tell(const struct tally *tally);

#endif
