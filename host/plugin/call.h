/*
 * A call into foreign code that is waited for only so long. It runs on a thread of
 * its own; if it does not return in time that thread is left behind. [any]
 */
#ifndef PLUGIN_CALL_H
#define PLUGIN_CALL_H

#include <stdatomic.h>
#include <stdint.h>

struct call_limit {
    uint64_t timeout_ns;
    /* Monotonic time of the last sign of life, from which the limit counts anew.
     * NULL: there are none. Must live as long as the job. */
    const atomic_uint_fast64_t *alive_ns;
};

/* 0 when run(job) has returned; -ETIMEDOUT when it has not: `job` and all that it
 * uses are then lost to it for ever. Without a thread to be had it runs here, and
 * has no limit. */
int call_run(void (*run)(void *job), void *job, const struct call_limit *limit);

#endif
