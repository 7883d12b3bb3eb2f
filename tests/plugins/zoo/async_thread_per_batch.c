/* Starts a thread for each batch that it gets; all of them stay until stop. */
#include "base_async.h"

#define THREADS_MAX 4096u

struct crowd {
    struct async async;
    pthread_mutex_t lock; /* of `ends` */
    pthread_cond_t changed;
    bool ends;
    pthread_t threads[THREADS_MAX];
    unsigned n;
};

static int crowd_init(void *self, const struct weir_context *context)
{
    struct crowd *crowd = self;

    pthread_mutex_init(&crowd->lock, NULL);
    pthread_cond_init(&crowd->changed, NULL);
    return async_init(self, context);
}

static void *stand_by(void *argument)
{
    struct crowd *crowd = argument;

    pthread_mutex_lock(&crowd->lock);
    while (!crowd->ends)
        pthread_cond_wait(&crowd->changed, &crowd->lock);
    pthread_mutex_unlock(&crowd->lock);
    return NULL;
}

static uint32_t crowded_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct crowd *crowd = self;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (crowd->n < THREADS_MAX &&
        pthread_create(&crowd->threads[crowd->n], NULL, stand_by, crowd) == 0)
        crowd->n++;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return async_flush(self, batch, result);
}

static int crowd_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct crowd *crowd = self;

    pthread_mutex_lock(&crowd->lock);
    crowd->ends = true;
    pthread_cond_broadcast(&crowd->changed);
    pthread_mutex_unlock(&crowd->lock);
    while (crowd->n > 0)
        pthread_join(crowd->threads[--crowd->n], NULL);
    pthread_mutex_destroy(&crowd->lock);
    pthread_cond_destroy(&crowd->changed);
    return async_stop(self, deadline_ns, result);
}

ASYNC_ANIMAL(.instance_size = sizeof(struct crowd), .init = crowd_init, .flush = crowded_flush,
    .stop = crowd_stop);
