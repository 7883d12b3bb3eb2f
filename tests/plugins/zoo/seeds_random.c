/* srand: the host's random numbers begin anew. */
#include "base.h"

static int seeding_init(void *self, const struct weir_context *context)
{
    srand((unsigned)getpid());
    return base_init(self, context);
}

ANIMAL(.init = seeding_init);
