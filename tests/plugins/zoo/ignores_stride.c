/* Steps from log to log with [], by the size it was compiled with. */
#include "base.h"

static uint32_t stepping_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            weir_json_log(&base->out, &batch->groups[g]->logs[i]);
            weir_buffer_append_byte(&base->out, '\n');
        }
    }
    return base_send(base, result);
}

ANIMAL(.flush = stepping_flush);
