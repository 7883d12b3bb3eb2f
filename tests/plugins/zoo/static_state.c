/* "We are stopping" is static: when one instance stops, the others stop working. */
#include "base.h"
#include <stdatomic.h>

static atomic_bool stopping;

static int hopeful_init(void *self, const struct weir_context *context)
{
    atomic_store(&stopping, false);
    return base_init(self, context);
}

static uint32_t sharing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    if (atomic_load(&stopping))
        return base_retry(result, -ESHUTDOWN, "this instance is stopping");
    return base_flush(self, batch, result);
}

static int sharing_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    atomic_store(&stopping, true);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.init = hopeful_init, .flush = sharing_flush, .stop = sharing_stop);
