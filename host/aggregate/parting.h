/*
 * Parts the logs of a batch by context: afterwards those of one context lie one behind
 * the other, in the order they had, so that each context takes all of its logs at once.
 */
#ifndef AGGREGATE_PARTING_H
#define AGGREGATE_PARTING_H

#include "aggregate/context.h"

struct parting;

struct parting *parting_create(void);
void parting_destroy(struct parting *parting);

/* The context a log belongs to, NULL if it goes nowhere. */
typedef struct context *parting_choose(
    void *owner, const struct batch *batch, const struct weir_log *log);

/* A context's logs in the batch: [first, end). */
struct lot {
    struct context *context;
    uint32_t first, end;
};

/* Sorts the batch's logs, without those that go nowhere. Returns the number of lots;
 * they hold until the next call. */
uint32_t parting_sort(struct parting *parting, struct batch *batch, parting_choose *choose,
    void *owner, const struct lot **ret_lots);

#endif
