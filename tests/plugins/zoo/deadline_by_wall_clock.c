/* Compares the deadline of a batch with another clock than the host's. */
#include "base.h"
#include <time.h>

static uint32_t late_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (batch->deadline_ns && (uint64_t)now.tv_sec > batch->deadline_ns / 1000000000)
        return base_retry(result, -ETIMEDOUT, "no time is left");
    return base_flush(self, batch, result);
}

ANIMAL(.flush = late_flush);
