/* Keeps context->error, which ends with init, for the words of flush. */
#include "base.h"

struct keeper {
    struct base base;
    const struct weir_error *error;
};

static int keeping_init(void *self, const struct weir_context *context)
{
    struct keeper *keeper = self;

    keeper->error = context->error;
    return base_init(self, context);
}

static uint32_t keeping_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct keeper *keeper = self;

    if (keeper->error->code > 1000000)
        return base_retry(result, -EINVAL, "init had failed");
    return base_flush(self, batch, result);
}

ANIMAL(.init = keeping_init, .flush = keeping_flush, .instance_size = sizeof(struct keeper));
