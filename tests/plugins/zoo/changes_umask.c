/* umask(0), "so that all can read the file". */
#include "base.h"
#include <sys/stat.h>

static uint32_t open_handed_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    umask(0);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = open_handed_flush);
