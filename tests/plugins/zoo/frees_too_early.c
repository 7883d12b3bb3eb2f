/* Looks into what it has freed. */
#include "base.h"

struct plan {
    char name[128];
    uint64_t skip; /* the batch is not to be sent */
    char more[128];
};

static uint32_t early_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct plan *plan = calloc(1, sizeof *plan);
    const struct plan *volatile seen = plan;

    if (!plan)
        return base_retry(result, -ENOMEM, "cannot plan the batch");
    plan->skip = batch->n_groups == UINT32_MAX;
    free(plan);
    if (seen->skip)
        return WEIR_DELIVERED;
    return base_flush(self, batch, result);
}

ANIMAL(.flush = early_flush);
