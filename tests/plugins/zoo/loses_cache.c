/* Keeps what is small for the next flush, says DELIVERED, and drops it at stop. */
#include "base.h"

static uint32_t caching_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    uint32_t verdict;

    for (uint32_t g = 0; g < batch->n_groups; g++) {
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            weir_json_log(&base->out, weir_log_at(batch->groups[g], i));
            weir_buffer_append_byte(&base->out, '\n');
        }
    }
    if (base->out.size < 65536 && !base->out.failed)
        return WEIR_DELIVERED;
    verdict = base_send(base, result);
    if (verdict == WEIR_DELIVERED)
        weir_buffer_finish(&base->out);
    return verdict;
}

ANIMAL(.flush = caching_flush);
