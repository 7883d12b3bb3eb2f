/* Answers PENDING and settles, but its class does not say WEIR_ASYNC. */
#include "base.h"

static uint32_t settling_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint32_t verdict = base_flush(self, batch, result);

    base->host->settle(base->host, batch->id, verdict, result);
    return WEIR_PENDING;
}

ANIMAL(.flush = settling_flush);
