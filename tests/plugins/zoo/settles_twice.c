/* Settles each batch when it is written, and again "to be sure". */
#include "base.h"

static uint32_t anxious_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint32_t verdict = base_flush(self, batch, result);
    uint64_t id = batch->id;

    base->host->settle(base->host, id, verdict, result);
    base->host->settle(base->host, id, verdict, result);
    return WEIR_PENDING;
}

ANIMAL(.flush = anxious_flush, .flags = WEIR_FS_WRITE | WEIR_ASYNC);
