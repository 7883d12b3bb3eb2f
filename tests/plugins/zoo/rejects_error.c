/* A failed write is taken for a fault of the logs. */
#include "base.h"

static uint32_t rejecting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    uint32_t verdict = base_flush(self, batch, result);

    return verdict == WEIR_RETRY ? WEIR_REJECTED : verdict;
}

ANIMAL(.flush = rejecting_flush);
