/* A metric for each log: names without end. */
#include "base.h"
#include <stdio.h>

static uint32_t counting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    char name[64];

    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs && i < 100; i++) {
            snprintf(
                name, sizeof name, "batch_%llu_log_%u_total", (unsigned long long)batch->id, i);
            base->host->metric(base->host, WEIR_METRIC_COUNTER, name, "logs", "Seen.");
        }
    }
    return base_flush(self, batch, result);
}

ANIMAL(.flush = counting_flush);
