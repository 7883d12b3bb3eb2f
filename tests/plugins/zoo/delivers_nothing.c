/* DELIVERED without having sent anything. */
#include "base.h"

static uint32_t lazy_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    (void)result;
    base->host->record(base->host, base->logs_total, batch->n_groups);
    return WEIR_DELIVERED;
}

ANIMAL(.flush = lazy_flush);
