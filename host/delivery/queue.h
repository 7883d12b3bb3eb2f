/*
 * A lane's queue: sealed groups, first in first out, bounded in bytes and groups.
 * Knows nothing of threads; its lane locks it.
 */
#ifndef DELIVERY_QUEUE_H
#define DELIVERY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include "delivery/hold.h"

struct queue {
    struct hold *ring; /* a power of two */
    size_t capacity, head, count;
    size_t bytes; /* sum of held_bytes */
    size_t max_bytes, max_groups;
};

void queue_init(struct queue *queue, size_t max_bytes, size_t max_groups);
/* The groups must be gone. */
void queue_finish(struct queue *queue);

/* Takes the hold over. Always takes: the bound is kept by whom it makes wait. */
void queue_put(struct queue *queue, struct hold hold);
/* The oldest, which becomes the caller's; group NULL when empty. */
struct hold queue_take(struct queue *queue);
/* The i-th, 0 is the oldest; NULL when there are not so many. */
struct hold *queue_peek(const struct queue *queue, size_t i);

/* At or above a bound; below half of both. */
bool queue_full(const struct queue *queue);
bool queue_low(const struct queue *queue);

#endif
