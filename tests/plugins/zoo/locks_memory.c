/* All memory of the process is kept from being swapped out. */
#include "base.h"
#include <sys/mman.h>

static int locking_init(void *self, const struct weir_context *context)
{
    mlockall(MCL_CURRENT);
    return base_init(self, context);
}

ANIMAL(.init = locking_init);
