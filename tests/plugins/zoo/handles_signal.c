/* Ignores SIGPIPE for the whole process, and leaves it so. */
#include "base.h"
#include <signal.h>

static int ignoring_init(void *self, const struct weir_context *context)
{
    signal(SIGHUP, SIG_IGN);
    return base_init(self, context);
}

ANIMAL(.init = ignoring_init);
