/* Takes three seconds to stop for the first time, whatever the deadline. */
#include "base.h"
#include <stdatomic.h>

static int slow_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    static atomic_flag waited = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&waited))
        sleep(3);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.stop = slow_stop);
