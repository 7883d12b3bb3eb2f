/* Looks at the first letter of a key that has none. */
#include "base.h"

static uint32_t hasty_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            const struct weir_log *log = weir_log_at(batch->groups[g], i);

            if (log->n_contents && log->contents[0].key.size == 0)
                __builtin_trap();
        }
    }
    return base_flush(self, batch, result);
}

ANIMAL(.flush = hasty_flush);
