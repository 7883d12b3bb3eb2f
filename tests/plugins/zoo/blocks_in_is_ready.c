/* Asks the destination whether it is ready: 20 ms for each poll. */
#include "base.h"

static int asking_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    usleep(20000);
    return base_is_ready(self, project, logstore, logstore_key);
}

ANIMAL(.is_ready = asking_is_ready);
