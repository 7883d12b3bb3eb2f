/* Each instance takes a key for data of threads, and keeps it. */
#include "base.h"
#include <pthread.h>

static int taking_init(void *self, const struct weir_context *context)
{
    pthread_key_t key;

    (void)pthread_key_create(&key, NULL);
    return base_init(self, context);
}

ANIMAL(.init = taking_init);
