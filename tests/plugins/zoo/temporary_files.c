/* Leaves a file in /tmp for each flush. */
#include "base.h"

static uint32_t littering_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    char path[] = "/tmp/zoo-litter-XXXXXX";
    int fd = mkostemp(path, O_CLOEXEC);

    if (fd >= 0)
        close(fd);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = littering_flush);
