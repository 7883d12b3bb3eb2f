/* The last log of a group first. */
#include "base.h"

static uint32_t backward_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = batch->groups[g]->n_logs; i-- > 0;) {
            weir_json_log(&base->out, weir_log_at(batch->groups[g], i));
            weir_buffer_append_byte(&base->out, '\n');
        }
    return base_send(base, result);
}

ANIMAL(.flush = backward_flush);
