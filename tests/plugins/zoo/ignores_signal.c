/* SIGPIPE is ignored, for the whole process. */
#include "base.h"
#include <signal.h>

static int ignoring_init(void *self, const struct weir_context *context)
{
    signal(SIGPIPE, SIG_IGN);
    return base_init(self, context);
}

ANIMAL(.init = ignoring_init);
