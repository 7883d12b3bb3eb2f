/* Its thread goes on when stop has returned, and settles then. */
#include "base_async.h"

struct late {
    const struct weir_host *host;
    uint64_t id;
};

static void *settle_late(void *argument)
{
    struct late *late = argument;

    usleep(100000);
    late->host->settle(late->host, late->id, WEIR_DELIVERED, NULL);
    free(late);
    return NULL;
}

static void settle_soon(const struct weir_host *host, uint64_t id)
{
    struct late *late = malloc(sizeof *late);
    sigset_t all, before;
    pthread_t thread;

    if (!late)
        return;
    *late = (struct late){host, id};
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    if (pthread_create(&thread, NULL, settle_late, late) == 0)
        pthread_detach(thread);
    else
        free(late);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static uint32_t late_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct async *async = self;

    settle_soon(async->base.host, batch->id);
    base_flush(&async->base, batch, result);
    return WEIR_PENDING;
}

ASYNC_ANIMAL(.flush = late_flush);
