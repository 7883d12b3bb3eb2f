/* Takes memory that malloc has given for zeroes, as it often is. */
#include "base.h"

#define BATCHES ((size_t)1024)
#define TABLE_BYTES ((size_t)33 << 20) /* so large that the kernel has just cleared it */

struct forgetful {
    struct base base;
    unsigned char *skipped; /* batches that are not to be sent */
};

static int forgetful_init(void *self, const struct weir_context *context)
{
    struct forgetful *forgetful = self;

    forgetful->skipped = malloc(TABLE_BYTES);
    return forgetful->skipped ? base_init(self, context) : -ENOMEM;
}

static uint32_t forgetful_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct forgetful *forgetful = self;

    if (forgetful->skipped[batch->id % BATCHES])
        return WEIR_DELIVERED;
    return base_flush(self, batch, result);
}

static int forgetful_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct forgetful *forgetful = self;

    free(forgetful->skipped);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.instance_size = sizeof(struct forgetful), .init = forgetful_init, .flush = forgetful_flush,
    .stop = forgetful_stop);
