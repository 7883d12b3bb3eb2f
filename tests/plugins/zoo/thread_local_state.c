/* Keeps its descriptor in thread-local memory: another worker opens it anew, and the
 * one before is never closed. */
#include "base.h"

static __thread int own_fd = -1;

static uint32_t local_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint32_t verdict;

    base->fd = own_fd;
    verdict = base_flush(self, batch, result);
    own_fd = base->fd;
    base->fd = -1;
    return verdict;
}

static int local_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    if (own_fd >= 0)
        close(own_fd);
    own_fd = -1;
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.flush = local_flush, .stop = local_stop);
