/*
 * Logs that a processor could not work on: counted always, told to the operator
 * in one line at most every ten seconds, with a sample. Belongs to the loop's thread.
 */
#ifndef PROCESS_FAILURES_H
#define PROCESS_FAILURES_H

#include "base/log.h"
#include "process/process.h"

struct failures {
    struct processor_context context;
    struct log_limit limit;
    const char *message;    /* of the first failure not yet told */
    struct weir_str sample; /* in the current batch */
    uint64_t n_counted, n_untold;
};

void failures_init(struct failures *failures, const struct processor_context *context);

/* One log failed. `tell`: the operator wants to hear of this kind. `message` is static;
 * `sample` needs to live until failures_report. */
void failures_add(
    struct failures *failures, bool tell, const char *message, struct weir_str sample);

/* At the end of each batch: moves the count to the processor, writes the line. */
void failures_report(struct failures *failures, struct processor *processor);

#endif
