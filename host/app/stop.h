/*
 * The stop of the process: what is being changed is waited for, flushers are told,
 * inputs stop, what is on its way is delivered, flushers stop. Every step has an end,
 * whatever foreign code does. [control]
 */
#ifndef APP_STOP_H
#define APP_STOP_H

#include "app/jobs.h"
#include "app/pipeline_set.h"

struct stop;

struct stop_spec {
    struct loop *loop;
    struct jobs *jobs;
    struct pipeline_set *set;
    uint64_t patience_ns; /* without progress */
    void (*done)(void *owner);
    void *owner;
};

struct stop *stop_create(const struct stop_spec *spec);
/* NULL is fine. */
void stop_destroy(struct stop *stop);

/* Nothing new may be applied to the set any more. */
void stop_begin(struct stop *stop);
/* No more waiting. Before or after stop_begin. */
void stop_at_once(struct stop *stop);
/* Flushers that hung. */
size_t stop_left_behind(const struct stop *stop);
bool stop_has_begun(const struct stop *stop);

#endif
