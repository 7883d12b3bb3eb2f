/* PENDING, and every tenth batch is never settled. */
#include "base.h"

struct forgetful {
    struct base base;
    unsigned n;
};

static uint32_t forgetful_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct forgetful *forgetful = self;
    const struct weir_host *host = forgetful->base.host;
    uint32_t verdict = base_flush(self, batch, result);

    if (++forgetful->n % 10 != 0)
        host->settle(host, batch->id, verdict, result);
    return WEIR_PENDING;
}

ANIMAL(.flush = forgetful_flush, .flags = WEIR_FS_WRITE | WEIR_ASYNC,
    .instance_size = sizeof(struct forgetful));
