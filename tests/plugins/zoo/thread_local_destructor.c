/* What it keeps for a thread is cleaned up when the thread ends, by way of an instance that
 * is gone by then. */
#include "base.h"
#include <pthread.h>

static pthread_key_t key;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void forget(void *self)
{
    struct base *base = self;

    base->host->record(base->host, base->logs_total, 1);
}

static void make_key(void)
{
    pthread_key_create(&key, forget);
}

static uint32_t keyed_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    pthread_once(&once, make_key);
    pthread_setspecific(key, self);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = keyed_flush);
