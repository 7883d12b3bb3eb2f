/* A metric for each batch: names without end. */
#include "base.h"
#include <stdio.h>

static uint32_t counting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    char name[64];

    snprintf(name, sizeof name, "batch_%llu_total", (unsigned long long)batch->id);
    base->host->record(base->host,
        base->host->metric(base->host, WEIR_METRIC_COUNTER, name, "batches", "Seen."), 1);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = counting_flush);
