/* The text of a batch that could not be written is lost. */
#include "base.h"

static uint32_t leaking_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint32_t verdict = base_flush(self, batch, result);

    if (verdict != WEIR_DELIVERED)
        base->out = (struct weir_buffer){0};
    return verdict;
}

ANIMAL(.flush = leaking_flush);
