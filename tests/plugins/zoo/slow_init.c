/* Waits in the first init for a destination that might come up. */
#include "base.h"
#include <stdatomic.h>

static int slow_init(void *self, const struct weir_context *context)
{
    static atomic_flag waited = ATOMIC_FLAG_INIT;

    if (!atomic_flag_test_and_set(&waited))
        sleep(3);
    return base_init(self, context);
}

ANIMAL(.init = slow_init);
