/*
 * How an aggregator parts the logs of one source: a router says of each log which of
 * the source's open groups it belongs to, and what that group says of itself.
 */
#ifndef AGGREGATE_ROUTE_H
#define AGGREGATE_ROUTE_H

#include "event/batch.h"

/* Category and tags depend on the key alone. */
struct route {
    struct weir_str key;        /* logs of unequal keys are never in one group */
    struct weir_str category;   /* of the group; "": the pipeline's logstore */
    const struct weir_kv *tags; /* of the group, behind those of the source */
    uint32_t n_tags;
};

/* First member of every router. */
struct router {
    /* `ret_route` arrives zeroed; what it points to holds until the next call. False:
     * the log goes nowhere. */
    bool (*find)(struct router *self, const struct batch *batch, const struct weir_log *log,
        struct route *ret_route);
    /* At the end of each batch: tells the operator what there is to tell. May be NULL. */
    void (*report)(struct router *self);
    void (*destroy)(struct router *self);
};

#endif
