/* Settles, and then answers DELIVERED for the same batch. */
#include "base.h"

static uint32_t doubled_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint64_t id = batch->id;
    uint32_t verdict = base_flush(self, batch, result);

    if (verdict == WEIR_DELIVERED)
        base->host->settle(base->host, id, verdict, result);
    return verdict;
}

ANIMAL(.flush = doubled_flush, .flags = WEIR_FS_WRITE | WEIR_ASYNC);
