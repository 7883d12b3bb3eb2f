/*
 * A lane's queue: sealed groups, first in first out, bounded in bytes and groups.
 * Knows nothing of threads; its lane locks it.
 */
#ifndef DELIVERY_QUEUE_H
#define DELIVERY_QUEUE_H

#include <stdbool.h>
#include <stddef.h>
#include "event/group.h"

/* A group with the number by which it is held: that of the lane it was made for, which
 * is not the owner's own for what was handed over at a reload. */
struct queued {
    struct group *group; /* one reference */
    uint32_t number;
};

struct queue {
    struct queued *ring; /* a power of two */
    size_t capacity, head, count;
    size_t bytes; /* sum of held_bytes */
    size_t max_bytes, max_groups;
};

void queue_init(struct queue *queue, size_t max_bytes, size_t max_groups);
/* The groups must be gone. */
void queue_finish(struct queue *queue);

/* Takes the reference over. Always takes: the bound is kept by whom it makes wait. */
void queue_put(struct queue *queue, struct group *group, uint32_t number);
/* The oldest, whose reference becomes the caller's; group NULL when empty. */
struct queued queue_take(struct queue *queue);
const struct group *queue_peek(const struct queue *queue);

/* At or above a bound; below half of both. */
bool queue_full(const struct queue *queue);
bool queue_low(const struct queue *queue);

#endif
