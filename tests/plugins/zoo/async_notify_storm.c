/* Says all the time that it is ready. */
#include "base_async.h"

static void *run_stormily(void *argument)
{
    struct async *async = argument;
    const struct weir_host *host = async->base.host;
    const struct weir_batch *batch;

    while ((batch = async_take(async))) {
        async_deliver(async, batch);
        for (int i = 0; i < 20000; i++)
            host->notify_ready(host);
    }
    return NULL;
}

static uint32_t stormy_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    int r = async_start(self, run_stormily);

    return r ? base_retry(result, -r, "cannot start a thread") : async_flush(self, batch, result);
}

ASYNC_ANIMAL(.flush = stormy_flush);
