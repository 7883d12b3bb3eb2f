/* Looks for the end of each value with strlen. */
#include "base.h"

static bool is_huge(const struct weir_log *log)
{
    for (uint32_t i = 0; i < log->n_contents; i++) {
        const struct weir_str *value = &log->contents[i].value;

        if (value->size && strlen(value->data) > (size_t)1 << 30)
            return true;
    }
    return false;
}

static uint32_t measuring_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++)
            if (is_huge(weir_log_at(batch->groups[g], i)))
                return base_retry(result, -E2BIG, "a value is over 1 GiB");
    return base_flush(self, batch, result);
}

ANIMAL(.flush = measuring_flush);
