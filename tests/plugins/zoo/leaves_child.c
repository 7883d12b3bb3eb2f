/* Starts a helper and never waits for it: a zombie for each instance. */
#include "base.h"

static int forking_init(void *self, const struct weir_context *context)
{
    pid_t pid = fork();

    if (pid == 0)
        _exit(0);
    return base_init(self, context);
}

ANIMAL(.init = forking_init);
