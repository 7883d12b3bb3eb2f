/* flush locks first the one, then the other; set_urgent the other way round. */
#include "base.h"
#include <pthread.h>

struct crosswise {
    struct base base;
    pthread_mutex_t one, other;
};

static int crosswise_init(void *self, const struct weir_context *context)
{
    struct crosswise *crosswise = self;

    pthread_mutex_init(&crosswise->one, NULL);
    pthread_mutex_init(&crosswise->other, NULL);
    return base_init(self, context);
}

static uint32_t crosswise_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct crosswise *crosswise = self;
    uint32_t verdict;

    pthread_mutex_lock(&crosswise->one);
    verdict = base_flush(self, batch, result);
    usleep(1000); /* what it writes to is slow */
    pthread_mutex_lock(&crosswise->other);
    pthread_mutex_unlock(&crosswise->other);
    pthread_mutex_unlock(&crosswise->one);
    return verdict;
}

static void crosswise_urgent(void *self, int exiting)
{
    struct crosswise *crosswise = self;

    (void)exiting;
    pthread_mutex_lock(&crosswise->other);
    pthread_mutex_lock(&crosswise->one);
    pthread_mutex_unlock(&crosswise->one);
    pthread_mutex_unlock(&crosswise->other);
}

ANIMAL(.init = crosswise_init, .flush = crosswise_flush, .set_urgent = crosswise_urgent,
    .instance_size = sizeof(struct crosswise));
