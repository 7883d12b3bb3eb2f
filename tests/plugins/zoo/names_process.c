/* Gives the calling thread, which is the host's, a name of its own. */
#include "base.h"
#include <sys/prctl.h>

static uint32_t naming_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    prctl(PR_SET_NAME, "zoo");
    return base_flush(self, batch, result);
}

ANIMAL(.flush = naming_flush);
