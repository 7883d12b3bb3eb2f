/* Once its queue was full it is not ready until the pipeline ends. */
#include "base_async.h"

struct offended {
    struct async async;
    bool was_full;
};

static int offended_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct offended *offended = self;

    if (!async_is_ready(self, project, logstore, logstore_key))
        offended->was_full = true;
    return !offended->was_full;
}

static void *run_slowly(void *argument)
{
    struct async *async = argument;
    const struct weir_batch *batch;

    while ((batch = async_take(async))) {
        usleep(5000);
        async_deliver(async, batch);
    }
    return NULL;
}

static uint32_t slow_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    int r = async_start(self, run_slowly);

    return r ? base_retry(result, -r, "cannot start a thread") : async_flush(self, batch, result);
}

ASYNC_ANIMAL(.is_ready = offended_is_ready, .flush = slow_flush,
    .instance_size = sizeof(struct offended));
