/* Formats each value in 64 KiB, whatever its size: what is larger is cut. */
#include "base.h"

#define ROOM 65536u

static void append_cut(struct weir_buffer *out, const struct weir_log *log)
{
    weir_buffer_append_byte(out, '{');
    for (uint32_t i = 0; i < log->n_contents; i++) {
        struct weir_kv content = log->contents[i];

        if (content.value.size > ROOM)
            content.value.size = ROOM;
        weir_json_members(out, &content, 1);
    }
    weir_buffer_append_text(out, "}\n");
}

static uint32_t cutting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    weir_buffer_clear(&base->out);
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++)
            append_cut(&base->out, weir_log_at(batch->groups[g], i));
    return base_send(base, result);
}

ANIMAL(.flush = cutting_flush);
