/* Every hundredth log is not sent: an off-by-one at the end of a chunk. */
#include "base.h"

static uint32_t leaky_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            if (i % 100 == 99)
                continue;
            weir_json_log(&base->out, weir_log_at(batch->groups[g], i));
            weir_buffer_append_byte(&base->out, '\n');
        }
    }
    return base_send(base, result);
}

ANIMAL(.flush = leaky_flush);
