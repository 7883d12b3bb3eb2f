/* Stopped without a flush before, it crashes. */
#include "base.h"

static int needy_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct base *base = self;

    if (base->fd < 0)
        __builtin_trap();
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.stop = needy_stop);
