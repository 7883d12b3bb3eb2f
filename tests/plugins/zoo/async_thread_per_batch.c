/* Starts a thread for each batch that it gets. */
#include "base_async.h"

static void *idle(void *argument)
{
    usleep(200000);
    return argument;
}

static uint32_t crowded_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    sigset_t all, before;
    pthread_t thread;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, idle, NULL) == 0)
        pthread_detach(thread);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return async_flush(self, batch, result);
}

/* The last ones have ended. */
static int patient_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    usleep(300000);
    return async_stop(self, deadline_ns, result);
}

ASYNC_ANIMAL(.flush = crowded_flush, .stop = patient_stop);
