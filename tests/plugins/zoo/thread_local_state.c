/* Remembers in thread-local memory where it writes to: on another worker that is nowhere. */
#include "base.h"

static __thread const struct base_options *own_options;

static int local_init(void *self, const struct weir_context *context)
{
    own_options = context->options;
    return base_init(self, context);
}

static uint32_t local_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    if (!own_options)
        return base_retry(result, -EINVAL, "there is no configuration");
    return base_flush(self, batch, result);
}

ANIMAL(.init = local_init, .flush = local_flush);
