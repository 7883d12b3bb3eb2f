#include "delivery/queue.h"

#include "base/mem.h"
#include "base/util.h"

void queue_init(struct queue *queue, size_t max_bytes, size_t max_groups)
{
    *queue = (struct queue){.max_bytes = max_bytes, .max_groups = max_groups};
}

void queue_finish(struct queue *queue)
{
    free(queue->ring);
    *queue = (struct queue){0};
}

static void grow(struct queue *queue)
{
    size_t capacity = queue->capacity ? 2 * queue->capacity : 8;
    struct hold *ring = mem_calloc(capacity, sizeof *ring);

    for (size_t i = 0; i < queue->count; i++)
        ring[i] = queue->ring[(queue->head + i) & (queue->capacity - 1)];
    free(queue->ring);
    queue->ring = ring;
    queue->capacity = capacity;
    queue->head = 0;
}

void queue_put(struct queue *queue, struct hold hold)
{
    if (queue->count == queue->capacity)
        grow(queue);
    queue->ring[(queue->head + queue->count) & (queue->capacity - 1)] = hold;
    queue->count++;
    queue->bytes += hold.group->held_bytes;
}

struct hold queue_take(struct queue *queue)
{
    struct hold taken;

    if (!queue->count)
        return (struct hold){0};
    taken = queue->ring[queue->head];
    queue->head = (queue->head + 1) & (queue->capacity - 1);
    queue->count--;
    queue->bytes -= taken.group->held_bytes;
    return taken;
}

struct hold *queue_peek(const struct queue *queue, size_t i)
{
    return i < queue->count ? &queue->ring[(queue->head + i) & (queue->capacity - 1)] : NULL;
}

bool queue_full(const struct queue *queue)
{
    return queue->bytes >= queue->max_bytes || queue->count >= queue->max_groups;
}

bool queue_low(const struct queue *queue)
{
    return queue->bytes < (queue->max_bytes + 1) / 2 && queue->count < (queue->max_groups + 1) / 2;
}
