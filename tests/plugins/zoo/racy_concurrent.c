/* Says WEIR_CONCURRENT, but all calls share the place where the batch is kept. */
#include "base.h"
#include <pthread.h>
#include <stdatomic.h>

struct racy {
    struct base base;
    pthread_mutex_t lock;
    const struct weir_batch *_Atomic batch;
};

static int racy_init(void *self, const struct weir_context *context)
{
    struct racy *racy = self;

    pthread_mutex_init(&racy->lock, NULL);
    return base_init(self, context);
}

static uint32_t racy_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct racy *racy = self;
    uint32_t verdict;

    atomic_store(&racy->batch, batch);
    usleep(2000); /* there is always something to wait for */
    pthread_mutex_lock(&racy->lock);
    verdict = base_flush(self, atomic_load(&racy->batch), result);
    pthread_mutex_unlock(&racy->lock);
    return verdict;
}

static int racy_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct racy *racy = self;

    pthread_mutex_destroy(&racy->lock);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.flags = WEIR_FS_WRITE | WEIR_CONCURRENT, .instance_size = sizeof(struct racy),
    .init = racy_init, .flush = racy_flush, .stop = racy_stop);
