/* Holds the lock that set_urgent needs while it settles. */
#include "base_async.h"

static void *run_locked(void *argument)
{
    struct async *async = argument;
    const struct weir_batch *batch;

    while ((batch = async_take(async))) {
        pthread_mutex_lock(&async->lock);
        async_deliver(async, batch);
        pthread_mutex_unlock(&async->lock);
    }
    return NULL;
}

static uint32_t locking_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    int r = async_start(self, run_locked);

    return r ? base_retry(result, -r, "cannot start a thread") : async_flush(self, batch, result);
}

static void locking_set_urgent(void *self, int exiting)
{
    struct async *async = self;

    (void)exiting;
    pthread_mutex_lock(&async->lock);
    pthread_cond_signal(&async->changed);
    pthread_mutex_unlock(&async->lock);
}

ASYNC_ANIMAL(.flush = locking_flush, .set_urgent = locking_set_urgent);
