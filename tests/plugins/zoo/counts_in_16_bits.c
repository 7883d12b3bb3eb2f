/* Counts logs in 16 bits. */
#include "base.h"

static uint32_t narrow_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        uint16_t n_logs = (uint16_t)batch->groups[g]->n_logs;

        for (uint16_t i = 0; i < n_logs; i++) {
            weir_json_log(&base->out, weir_log_at(batch->groups[g], i));
            weir_buffer_append_byte(&base->out, '\n');
        }
    }
    return base_send(base, result);
}

ANIMAL(.flush = narrow_flush);
