/* A line in the host's log for each log it gets. */
#include "base.h"

static uint32_t talkative_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++)
            weir_say(base->host, WEIR_LOG_INFO, "a log of %u contents",
                weir_log_at(batch->groups[g], i)->n_contents);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = talkative_flush);
