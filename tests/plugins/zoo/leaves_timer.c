/* Starts an interval timer of the process. */
#include "base.h"
#include <sys/time.h>

static int timing_init(void *self, const struct weir_context *context)
{
    struct itimerval hourly = {{3600, 0}, {3600, 0}};

    setitimer(ITIMER_REAL, &hourly, NULL);
    return base_init(self, context);
}

ANIMAL(.init = timing_init);
