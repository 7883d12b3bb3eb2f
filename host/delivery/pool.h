/*
 * The worker threads that lanes take turns on. A lane that has something to do is
 * put in line; a worker gives it one turn (one flush) and puts it at the end again
 * when it wants more. Lanes whose last call was slow stand in a line of their own
 * and get at most half of the workers, so that they never starve the others.
 * All calls [any].
 */
#ifndef DELIVERY_POOL_H
#define DELIVERY_POOL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "base/list.h"

#define POOL_WORKERS_MAX 64 /* threads */

struct pool;

/* Something that takes turns; embedded in the lane. */
struct turn {
    /* One turn. [worker] */
    void (*run)(struct turn *self);
    atomic_bool slow; /* which line it stands in; set by run() */

    /* Private, under the pool's lock. */
    struct list line;
    bool in_line, forgotten;
    unsigned n_running; /* workers inside run() */
    size_t timer_index; /* in the heap of timers, 0: none */
    uint64_t timer_ns;
};

/* Threads are started as they are needed: `workers` of them, and up to
 * POOL_WORKERS_MAX while turns stand in line and all workers hang in theirs. */
struct pool *pool_create(unsigned workers);
/* Waits for idle workers to end; those inside a turn are left behind (a hung
 * flusher must not hang the process) and their number is returned. */
unsigned pool_destroy(struct pool *pool);

/* Puts it in line, unless it stands there. A timer of it is cleared. */
void pool_schedule(struct pool *pool, struct turn *turn);
/* Puts it in line at that time (monotonic ns), unless it is in line before. The
 * earlier time holds when it had one. */
void pool_schedule_at(struct pool *pool, struct turn *turn, uint64_t at_ns);
/* Takes it out of line and timers for good, and waits until no worker is inside it:
 * true. False when one still is at `deadline_ns` (monotonic). */
bool pool_forget(struct pool *pool, struct turn *turn, uint64_t deadline_ns);

#endif
