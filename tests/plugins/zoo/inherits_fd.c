/* Its descriptor goes to every program that the host starts. */
#include "base.h"

static uint32_t inheriting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;

    if (base_open(base) == 0)
        fcntl(base->fd, F_SETFD, 0);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = inheriting_flush);
