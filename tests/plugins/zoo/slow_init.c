/* Waits in init for a destination that might come up. */
#include "base.h"

static int slow_init(void *self, const struct weir_context *context)
{
    sleep(3);
    return base_init(self, context);
}

ANIMAL(.init = slow_init);
