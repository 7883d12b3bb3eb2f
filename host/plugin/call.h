/*
 * A call into foreign code that is waited for only so long. It runs on another thread;
 * if it does not return in time that thread is left behind. [any]
 */
#ifndef PLUGIN_CALL_H
#define PLUGIN_CALL_H

#include <stdatomic.h>
#include <stdint.h>

/* Threads without a call that wait for the next one, and how long. */
#define CALLERS_IDLE_MAX 4u
#define CALLERS_IDLE_NS (1 * NS_PER_S)
/* How long the end waits for threads that have a call. */
#define CALLERS_SETTLE_NS (100 * NS_PER_MS)

/* The threads that make calls: started as they are needed, used again. */
struct callers;

struct callers *callers_create(void);
/* Waits for the end of threads that have no call; those that are left behind keep what
 * they need. NULL is fine. */
void callers_destroy(struct callers *callers);

struct call_limit {
    uint64_t timeout_ns;
    /* Monotonic time of the last sign of life, from which the limit counts anew.
     * NULL: there are none. Must live as long as the job. */
    const atomic_uint_fast64_t *alive_ns;
};

/* 0 when run(job) has returned; -ETIMEDOUT when it has not: `job` and all that it
 * uses are then lost to it for ever. Without a thread to be had it runs here, and
 * has no limit. */
int call_run(
    struct callers *callers, void (*run)(void *job), void *job, const struct call_limit *limit);

#endif
