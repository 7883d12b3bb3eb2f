/* The thread asks for work again and again. */
#include "base_async.h"

static void *spin(void *argument)
{
    struct async *async = argument;
    bool stopping = false;

    while (!stopping) {
        const struct weir_batch *batch = NULL;

        pthread_mutex_lock(&async->lock);
        if (async->n && !async->stopping) {
            batch = async->queue[async->first];
            async->first = (async->first + 1) % ASYNC_QUEUE_MAX;
            async->n--;
        }
        stopping = async->stopping;
        pthread_mutex_unlock(&async->lock);
        if (batch)
            async_deliver(async, batch);
    }
    return NULL;
}

static uint32_t spinning_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct async *async = self;
    int r = async_start(async, spin);

    if (r)
        return base_retry(result, -r, "cannot start a thread");
    return async_put(async, batch) ? WEIR_PENDING
                                   : base_retry(result, -EAGAIN, "the queue is full");
}

ASYNC_ANIMAL(.flush = spinning_flush);
