/* Takes a replayed batch for one it has sent already. */
#include "base.h"

static uint32_t skipping_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    if (batch->flags & WEIR_BATCH_REPLAY)
        return WEIR_DELIVERED;
    return base_flush(self, batch, result);
}

ANIMAL(.flush = skipping_flush);
