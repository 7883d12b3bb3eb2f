/* Settles one batch in ten with an id of its own in place of the host's. */
#include "base.h"

struct mixed_up {
    struct base base;
    unsigned n;
};

static uint32_t mixed_up_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct mixed_up *mixed_up = self;
    const struct weir_host *host = mixed_up->base.host;
    uint32_t verdict = base_flush(self, batch, result);

    host->settle(host, ++mixed_up->n % 10 ? batch->id : batch->id + 1000000, verdict, result);
    return WEIR_PENDING;
}

ANIMAL(.flush = mixed_up_flush, .flags = WEIR_FS_WRITE | WEIR_ASYNC,
    .instance_size = sizeof(struct mixed_up));
