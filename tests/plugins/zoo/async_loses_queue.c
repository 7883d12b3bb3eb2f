/* What waits in the queue at stop is settled as DELIVERED, "to be done with it". */
#include "base_async.h"

static int losing_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct async *async = self;
    const struct weir_host *host = async->base.host;

    pthread_mutex_lock(&async->lock);
    for (; async->n; async->n--) {
        host->settle(host, async->queue[async->first]->id, WEIR_DELIVERED, NULL);
        async->first = (async->first + 1) % ASYNC_QUEUE_MAX;
    }
    pthread_mutex_unlock(&async->lock);
    return async_stop(self, deadline_ns, result);
}

/* Slowly, so that something waits. */
static void *run_slowly(void *argument)
{
    struct async *async = argument;
    const struct weir_batch *batch;

    while ((batch = async_take(async))) {
        usleep(60000);
        async_deliver(async, batch);
    }
    return NULL;
}

static uint32_t slow_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    int r = async_start(self, run_slowly);

    return r ? base_retry(result, -r, "cannot start a thread") : async_flush(self, batch, result);
}

ASYNC_ANIMAL(.flush = slow_flush, .stop = losing_stop);
