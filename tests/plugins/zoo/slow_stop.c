/* Takes three seconds to stop, whatever the deadline. */
#include "base.h"

static int slow_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    sleep(3);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.stop = slow_stop);
