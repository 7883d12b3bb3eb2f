/*
 * One pipeline's way from what runs to what shall run: added, replaced or removed, on a
 * thread of its own where foreign code is called. Replacing is a transaction: the new one is built,
 * its flushers' init included, while the old one goes on; if that fails nothing has happened. Else
 * the old one stops, hands its lanes over by name, and the new one starts.
 */
#ifndef APP_CHANGE_H
#define APP_CHANGE_H

#include <stdatomic.h>
#include "app/jobs.h"
#include "config/diff.h"
#include "pipeline/pipeline.h"

struct change {
    struct job job; /* private, as the next */
    atomic_bool given_up;
    /* Set before change_begin. */
    enum config_change kind; /* not CONFIG_UNTOUCHED */
    const struct pipeline_shared *shared;
    struct pipeline_place place;
    uint64_t patience_ns;           /* for a flusher's call, and without progress */
    struct pipeline_config *config; /* taken over; NULL: CONFIG_REMOVED */
    struct pipeline *before;        /* NULL: CONFIG_ADDED */
    void (*done)(struct change *self);
    void *owner, *item; /* the caller's */
    /* What came of it, in done: which may free the change and must take `after`, and
     * destroy `before` unless the change was refused. */
    struct pipeline *after; /* NULL: removed, or refused */
    char *why;              /* it was refused, and all is as it was; NULL: not */
    size_t n_hanging;       /* flushers of `before` that were left behind */
    size_t n_left_logs;     /* CONFIG_REMOVED: not delivered; their sources keep them */
};

/* [control] */
void change_begin(struct change *change, struct jobs *jobs);
/* The stop does not wait for it: whenever it comes to its end it starts nothing any more, and
 * `done` is not called. What it has made stays, and so must the change. */
void change_give_up(struct change *change);

#endif
