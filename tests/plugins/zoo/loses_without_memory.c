/* What found no room in the buffer is not sent. */
#include "base.h"

static uint32_t losing_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    int r;

    base_format(&base->out, batch);
    r = base_open(base);
    if (r == 0)
        r = base_write(base->fd, base->out.data, base->out.size);
    return r == 0 ? WEIR_DELIVERED : base_retry(result, r, "cannot write the file");
}

ANIMAL(.flush = losing_flush);
