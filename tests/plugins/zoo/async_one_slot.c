/* Has room for one batch; the next takes its place. */
#include "base_async.h"

static void *collect(void *argument)
{
    struct async *async = argument;
    const struct weir_batch *batch;

    while ((batch = async_take(async))) {
        async_deliver(async, batch);
        usleep(5000); /* more may come */
    }
    return NULL;
}

static uint32_t replacing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct async *async = self;
    int r = async_start(async, collect);

    if (r)
        return base_retry(result, -r, "cannot start a thread");
    pthread_mutex_lock(&async->lock);
    async->n = 1;
    async->queue[async->first] = batch;
    pthread_cond_signal(&async->changed);
    pthread_mutex_unlock(&async->lock);
    return WEIR_PENDING;
}

ASYNC_ANIMAL(.flush = replacing_flush);
