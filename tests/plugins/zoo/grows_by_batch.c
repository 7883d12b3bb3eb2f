/* Remembers the id of each batch, up to its end. */
#include "base.h"

struct growing {
    struct base base;
    uint64_t *ids;
    size_t n, room;
};

static uint32_t growing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct growing *growing = self;

    if (growing->n == growing->room) {
        size_t room = growing->room ? growing->room * 2 : 16;
        uint64_t *ids = realloc(growing->ids, room * sizeof *ids);

        if (!ids)
            return base_retry(result, -ENOMEM, "cannot remember the batch");
        growing->ids = ids;
        growing->room = room;
    }
    growing->ids[growing->n++] = batch->id;
    return base_flush(self, batch, result);
}

static int growing_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct growing *growing = self;

    free(growing->ids);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.flush = growing_flush, .stop = growing_stop, .instance_size = sizeof(struct growing));
