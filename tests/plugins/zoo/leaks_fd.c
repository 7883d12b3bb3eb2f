/* One descriptor is left open for each flush. */
#include "base.h"

static uint32_t leaking_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    base->fd = -1;
    return base_flush(self, batch, result);
}

ANIMAL(.flush = leaking_flush);
