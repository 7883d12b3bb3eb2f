/* A key has 32 bytes at most. */
#include "base.h"

static uint32_t cutting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            const struct weir_log *log = weir_log_at(batch->groups[g], i);

            weir_buffer_append_byte(&base->out, '{');
            for (uint32_t c = 0; c < log->n_contents; c++) {
                struct weir_str key = log->contents[c].key;

                if (key.size > 32)
                    key.size = 32;
                if (c)
                    weir_buffer_append_byte(&base->out, ',');
                weir_json_string(&base->out, key);
                weir_buffer_append_byte(&base->out, ':');
                weir_json_string(&base->out, log->contents[c].value);
            }
            weir_buffer_append(&base->out, "}\n", 2);
        }
    return base_send(base, result);
}

ANIMAL(.flush = cutting_flush);
