/* What comes when it is urgent goes to a thread that stop does not wait for. */
#include "base_async.h"

struct late {
    const struct weir_host *host;
    uint64_t id;
    uint32_t verdict;
};

static void *settle_late(void *argument)
{
    struct late *late = argument;
    char words[] = "as the thread found";
    const struct weir_result result = {.struct_size = sizeof result, .text = words};

    usleep(100000);
    late->host->settle(late->host, late->id, late->verdict, &result);
    free(late);
    return NULL;
}

static void settle_soon(const struct weir_host *host, uint64_t id, uint32_t verdict)
{
    struct late *late = malloc(sizeof *late);
    sigset_t all, before;
    pthread_t thread;

    if (!late)
        return;
    *late = (struct late){host, id, verdict};
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

    if (!(batch->flags & WEIR_BATCH_URGENT))
        return async_flush(self, batch, result);
    settle_soon(async->base.host, batch->id, base_flush(&async->base, batch, result));
    return WEIR_PENDING;
}

ASYNC_ANIMAL(.flush = late_flush);
