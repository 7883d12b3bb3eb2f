/* All instances share one descriptor: the second one writes into the first one's file. */
#include "base.h"

static int shared_fd = -1;

static uint32_t sharing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint32_t verdict;

    base->fd = shared_fd;
    verdict = base_flush(self, batch, result);
    shared_fd = base->fd;
    return verdict;
}

static int sharing_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct base *base = self;

    base->fd = shared_fd;
    shared_fd = -1;
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.flush = sharing_flush, .stop = sharing_stop);
