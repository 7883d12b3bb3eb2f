/* A failed write is logged, and the logs are gone. */
#include "base.h"

static uint32_t swallowing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    if (base_flush(self, batch, result) != WEIR_DELIVERED)
        weir_say(base->host, WEIR_LOG_ERROR, "cannot write the file");
    return WEIR_DELIVERED;
}

ANIMAL(.flush = swallowing_flush);
