/* Rejects what could not be written three times. */
#include "base.h"

static uint32_t impatient_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    uint32_t verdict = base_flush(self, batch, result);

    return verdict == WEIR_RETRY && batch->attempt > 3 ? WEIR_REJECTED : verdict;
}

ANIMAL(.flush = impatient_flush);
