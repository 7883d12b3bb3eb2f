/* Remembers a slice of a batch that is over, and reads its bytes with the next one. */
#include "base.h"

struct keeper {
    struct base base;
    struct weir_str last;
};

static uint32_t keeping_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct keeper *keeper = self;
    const struct weir_group *group = batch->groups[0];
    const struct weir_log *log = group->n_logs ? weir_log_at(group, 0) : NULL;
    uint32_t verdict;

    if (keeper->last.size && (unsigned char)keeper->last.data[0] == 0xFF)
        weir_say(keeper->base.host, WEIR_LOG_DEBUG, "the log before was binary");
    verdict = base_flush(self, batch, result);
    if (log && log->n_contents)
        keeper->last = log->contents[0].value;
    return verdict;
}

ANIMAL(.flush = keeping_flush, .instance_size = sizeof(struct keeper));
