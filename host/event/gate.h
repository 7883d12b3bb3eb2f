/*
 * Stop and go for the inputs of one pipeline. Whoever cannot take more closes
 * it, and opens it later; it is open when nobody holds it closed. Counts, so
 * several may hold it. All calls [any].
 */
#ifndef EVENT_GATE_H
#define EVENT_GATE_H

#include <stdatomic.h>
#include <stdbool.h>
#include "base/list.h"

struct gate {
    atomic_int closed;                 /* how many hold it closed */
    void (*opened)(struct gate *self); /* called when the last one let go, on its thread */
    struct list waiting;               /* private to event/memory */
};

static inline void gate_init(struct gate *gate, void (*opened)(struct gate *self))
{
    atomic_init(&gate->closed, 0);
    gate->opened = opened;
    list_init(&gate->waiting);
}

static inline bool gate_is_open(struct gate *gate)
{
    return atomic_load(&gate->closed) == 0;
}

static inline void gate_close(struct gate *gate)
{
    atomic_fetch_add(&gate->closed, 1);
}

static inline void gate_open(struct gate *gate)
{
    if (atomic_fetch_sub(&gate->closed, 1) == 1)
        gate->opened(gate);
}

#endif
