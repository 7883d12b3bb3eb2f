/* Makes JSON without escaping: a quote in a value ends it. */
#include "base.h"

static void put(struct weir_buffer *out, struct weir_str text)
{
    weir_buffer_append_byte(out, '"');
    weir_buffer_append(out, text.data, text.size);
    weir_buffer_append_byte(out, '"');
}

static uint32_t plain_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            const struct weir_log *log = weir_log_at(batch->groups[g], i);

            for (uint32_t c = 0; c < log->n_contents; c++) {
                weir_buffer_append_byte(&base->out, c ? ',' : '{');
                put(&base->out, log->contents[c].key);
                weir_buffer_append_byte(&base->out, ':');
                put(&base->out, log->contents[c].value);
            }
            weir_buffer_append(&base->out, "}\n", 2);
        }
    return base_send(base, result);
}

ANIMAL(.flush = plain_flush);
