/* Looks for the end of a value with strlen. */
#include "base.h"

static uint32_t measuring_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct weir_group *group = batch->groups[0];
    const struct weir_log *log = group->n_logs ? weir_log_at(group, 0) : NULL;

    if (log && log->n_contents && log->contents[0].value.size &&
        strlen(log->contents[0].value.data) > (size_t)1 << 30)
        return base_retry(result, -E2BIG, "a value is over 1 GiB");
    return base_flush(self, batch, result);
}

ANIMAL(.flush = measuring_flush);
