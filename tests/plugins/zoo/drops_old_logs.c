/* Logs without a time are left out. */
#include "base.h"

static uint32_t dropping_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            const struct weir_log *log = weir_log_at(batch->groups[g], i);

            if (log->time_s == 0)
                continue;
            weir_json_log(&base->out, log);
            weir_buffer_append_byte(&base->out, '\n');
        }
    return base_send(base, result);
}

ANIMAL(.flush = dropping_flush);
