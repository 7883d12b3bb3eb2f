/*
 * A flusher that keeps the contract with a thread of its own: batches wait in a queue
 * (not copied, they stay the host's), the thread writes each to the file and settles it.
 * Animals as with base.h, by ASYNC_ANIMAL.
 */
#ifndef ZOO_BASE_ASYNC_H
#define ZOO_BASE_ASYNC_H

#include "base.h"
#include <pthread.h>
#include <signal.h>

#define ASYNC_QUEUE_MAX 32u

struct async {
    struct base base; /* the thread's alone while it runs */
    pthread_t thread;
    bool started; /* the thread; by flush only */

    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t changed;
    const struct weir_batch *queue[ASYNC_QUEUE_MAX];
    unsigned first, n;
    bool stopping;
};

UNUSED static int async_init(void *self, const struct weir_context *context)
{
    struct async *async = self;

    pthread_mutex_init(&async->lock, NULL);
    pthread_cond_init(&async->changed, NULL);
    return base_init(self, context);
}

UNUSED static int async_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct async *async = self;
    int ready;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    pthread_mutex_lock(&async->lock);
    ready = async->n < ASYNC_QUEUE_MAX;
    pthread_mutex_unlock(&async->lock);
    return ready;
}

/* The next batch; NULL when it is time to end. */
UNUSED static const struct weir_batch *async_take(struct async *async)
{
    const struct weir_batch *batch = NULL;

    pthread_mutex_lock(&async->lock);
    while (!async->n && !async->stopping)
        pthread_cond_wait(&async->changed, &async->lock);
    if (async->n && !async->stopping) {
        batch = async->queue[async->first];
        async->first = (async->first + 1) % ASYNC_QUEUE_MAX;
        async->n--;
    }
    pthread_mutex_unlock(&async->lock);
    return batch;
}

/* Writes a batch and settles it. */
UNUSED static void async_deliver(struct async *async, const struct weir_batch *batch)
{
    const struct weir_host *host = async->base.host;
    char text[128] = "";
    struct weir_result result = {
        .struct_size = sizeof result, .text = text, .text_max = sizeof text};
    uint64_t id = batch->id;
    uint32_t verdict = base_flush(&async->base, batch, &result);

    host->settle(host, id, verdict, &result);
    host->notify_ready(host);
}

UNUSED static void *async_run(void *argument)
{
    struct async *async = argument;
    const struct weir_batch *batch;

    while ((batch = async_take(async)))
        async_deliver(async, batch);
    return NULL;
}

/* A thread of a plugin takes no signals of the host's. 0 or an errno. */
UNUSED static int async_start(struct async *async, void *(*run)(void *))
{
    sigset_t all, before;
    int r;

    if (async->started)
        return 0;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&async->thread, NULL, run, async);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    async->started = r == 0;
    if (r == 0)
        pthread_setname_np(async->thread, "zoo-async");
    return r;
}

/* False when the queue is full. */
UNUSED static bool async_put(struct async *async, const struct weir_batch *batch)
{
    bool room;

    pthread_mutex_lock(&async->lock);
    room = async->n < ASYNC_QUEUE_MAX;
    if (room)
        async->queue[(async->first + async->n++) % ASYNC_QUEUE_MAX] = batch;
    pthread_cond_signal(&async->changed);
    pthread_mutex_unlock(&async->lock);
    return room;
}

UNUSED static uint32_t async_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct async *async = self;
    int r = async_start(async, async_run);

    if (r)
        return base_retry(result, -r, "cannot start a thread");
    if (!async_put(async, batch))
        return base_retry(result, -EAGAIN, "the queue is full");
    return WEIR_PENDING;
}

/* What is under way ends, what only waits goes back to the host. */
UNUSED static int async_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct async *async = self;

    pthread_mutex_lock(&async->lock);
    async->stopping = true;
    pthread_cond_signal(&async->changed);
    pthread_mutex_unlock(&async->lock);
    if (async->started)
        pthread_join(async->thread, NULL);
    pthread_cond_destroy(&async->changed);
    pthread_mutex_destroy(&async->lock);
    return base_stop(self, deadline_ns, result);
}

#define ASYNC_ANIMAL(...) \
    ANIMAL(.flags = WEIR_FS_WRITE | WEIR_ASYNC, .instance_size = sizeof(struct async), \
        .init = async_init, .is_ready = async_is_ready, .flush = async_flush, .stop = async_stop, \
        __VA_ARGS__)

#endif
