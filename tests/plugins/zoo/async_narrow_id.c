/* Keeps the id of a batch in 32 bits. */
#include "base_async.h"

static void *narrow_run(void *argument)
{
    struct async *async = argument;
    const struct weir_batch *batch;

    while ((batch = async_take(async))) {
        char text[128] = "";
        struct weir_result result = {
            .struct_size = sizeof result, .text = text, .text_max = sizeof text};
        uint32_t id = (uint32_t)batch->id;
        uint32_t verdict = base_flush(&async->base, batch, &result);

        async->base.host->settle(async->base.host, id, verdict, &result);
    }
    return NULL;
}

static uint32_t narrow_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct async *async = self;
    int r = async_start(async, narrow_run);

    if (r)
        return base_retry(result, -r, "cannot start a thread");
    return async_put(async, batch) ? WEIR_PENDING
                                   : base_retry(result, -EAGAIN, "the queue is full");
}

ASYNC_ANIMAL(.flush = narrow_flush);
