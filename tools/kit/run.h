/* Runs a plan: some children at a time, each check once its stages have been passed.
 * [control] */
#ifndef KIT_RUN_H
#define KIT_RUN_H

#include "kit/plan.h"

struct run_request {
    unsigned jobs; /* at least 1 */
    uint64_t seed;
    bool in_process; /* one after the other, in this process */
    /* Told of each task in the order of the plan, as soon as all before it are done. */
    void (*done)(void *context, const struct task *task);
    void *context;
};

/* 0 or -errno: no folder to work in could be made. */
int run_plan(struct plan *plan, const struct run_request *request);

#endif
