/* Registers an at-exit handler for each instance. */
#include "base.h"

static void at_end(void)
{
}

static int registering_init(void *self, const struct weir_context *context)
{
    atexit(at_end);
    return base_init(self, context);
}

ANIMAL(.init = registering_init);
