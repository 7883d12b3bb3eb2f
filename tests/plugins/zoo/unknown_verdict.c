/* Answers -1 when it is well, as another API has it. */
#include "base.h"

static uint32_t flush_as_elsewhere(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    uint32_t verdict = base_flush(self, batch, result);

    return verdict == WEIR_DELIVERED ? (uint32_t)-1 : verdict;
}

ANIMAL(.flush = flush_as_elsewhere);
