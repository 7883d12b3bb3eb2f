/* Looks at the batch before, which it has answered for: use after the verdict. */
#include "base.h"

struct keeper {
    struct base base;
    const struct weir_batch *last;
};

static uint32_t keeping_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct keeper *keeper = self;
    uint32_t verdict;

    if (keeper->last && keeper->last->attempt > 1000000)
        return base_retry(result, -EAGAIN, "too many attempts before");
    verdict = base_flush(self, batch, result);
    keeper->last = batch;
    return verdict;
}

ANIMAL(.flush = keeping_flush, .instance_size = sizeof(struct keeper));
