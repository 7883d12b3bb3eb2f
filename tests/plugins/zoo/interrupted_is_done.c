/* A write that is interrupted counts as done. */
#include "base.h"

static uint32_t interrupted_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct base *base = self;
    const char *at;
    size_t left;
    int r;

    base_format(&base->out, batch);
    r = base->out.failed ? -ENOMEM : base_open(base);
    at = base->out.data;
    left = base->out.size;
    while (r == 0 && left > 0) {
        ssize_t n = write(base->fd, at, left);

        if (n < 0 && errno == EINTR)
            break;
        if (n < 0)
            r = -errno;
        else {
            at += n;
            left -= (size_t)n;
        }
    }
    return r == 0 ? WEIR_DELIVERED : base_retry(result, r, "cannot write the file");
}

ANIMAL(.flush = interrupted_flush);
