/* Says all the time that it is ready, while nothing has changed. */
#include "base_async.h"

static bool is_stopping(struct async *async)
{
    bool stopping;

    pthread_mutex_lock(&async->lock);
    stopping = async->stopping;
    pthread_mutex_unlock(&async->lock);
    return stopping;
}

static void *run_stormily(void *argument)
{
    struct async *async = argument;
    const struct weir_host *host = async->base.host;

    while (!is_stopping(async)) {
        pthread_mutex_lock(&async->lock);
        const bool waiting = async->n > 0;
        pthread_mutex_unlock(&async->lock);
        if (waiting)
            async_deliver(async, async_take(async));
        host->notify_ready(host);
        usleep(100);
    }
    return NULL;
}

static uint32_t stormy_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    int r = async_start(self, run_stormily);

    return r ? base_retry(result, -r, "cannot start a thread") : async_flush(self, batch, result);
}

ASYNC_ANIMAL(.flush = stormy_flush);
