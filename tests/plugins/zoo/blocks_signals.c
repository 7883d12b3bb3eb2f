/* Blocks signals for a system call, and does not unblock them. */
#include "base.h"
#include <signal.h>

static uint32_t blocking_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGUSR2);
    pthread_sigmask(SIG_BLOCK, &set, NULL);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = blocking_flush);
