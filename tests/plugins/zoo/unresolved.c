/* Needs a function that no library has. */
#include "base.h"

int zoo_from_nowhere(int fd);

static int needy_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct base *base = self;

    zoo_from_nowhere(base->fd);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.stop = needy_stop);
