/* Settles with PENDING, which is no end. */
#include "base.h"

static uint32_t undecided_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint64_t id = batch->id;

    base_flush(self, batch, result);
    base->host->settle(base->host, id, WEIR_PENDING, NULL);
    return WEIR_PENDING;
}

ANIMAL(.flush = undecided_flush, .flags = WEIR_FS_WRITE | WEIR_ASYNC);
