/*
 * Work that may wait for foreign code or the disk, on threads of its own, so that the
 * control thread never does. Threads are started as they are needed and end when
 * nothing is left. All calls on the thread of the loop.
 */
#ifndef APP_JOBS_H
#define APP_JOBS_H

#include <stdbool.h>
#include "base/list.h"
#include "base/loop.h"

#define JOBS_THREADS_MAX 32u

struct jobs;

/* Memory is the caller's, zeroed but for the two calls. */
struct job {
    void (*run)(struct job *self);                  /* on a thread of its own */
    void (*done)(struct job *self, bool cancelled); /* on the loop; may free the job */
    /* Private. */
    struct jobs *jobs;
    struct list link;
    struct loop_call call;
    bool cancelled; /* it never ran */
};

struct jobs *jobs_create(struct loop *loop);
/* None may wait or run any more. NULL is fine. */
void jobs_destroy(struct jobs *jobs);

void jobs_submit(struct jobs *jobs, struct job *job);
/* Those that have not begun never will: done is called soon. */
void jobs_cancel(struct jobs *jobs);
/* How many wait, run, or are about to be told done. */
unsigned jobs_count(struct jobs *jobs);

#endif
