/*
 * A lane's queue: sealed groups, first in first out, bounded in bytes and groups.
 * Knows nothing of threads; its lane locks it.
 */
#ifndef DELIVERY_QUEUE_H
#define DELIVERY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include "event/group.h"

struct queue {
    struct group **ring; /* a power of two; one reference each */
    size_t capacity, head, count;
    size_t bytes; /* sum of held_bytes */
    size_t max_bytes, max_groups;
};

void queue_init(struct queue *queue, size_t max_bytes, size_t max_groups);
/* The groups must be gone. */
void queue_finish(struct queue *queue);

/* Takes the reference over. Always takes: the bound is kept by whom it makes wait. */
void queue_put(struct queue *queue, struct group *group);
/* The oldest, whose reference becomes the caller's; NULL when empty. */
struct group *queue_take(struct queue *queue);
const struct group *queue_peek(const struct queue *queue);

/* At or above a bound; below half of both. */
bool queue_full(const struct queue *queue);
bool queue_low(const struct queue *queue);

#endif
