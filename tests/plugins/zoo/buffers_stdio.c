/* DELIVERED means: in the buffer of stdio, which is written when it is full, or at stop. */
#include "base.h"
#include <stdio.h>

struct buffering {
    struct base base;
    FILE *file;
};

static uint32_t buffering_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct buffering *buffering = self;
    struct base *base = self;

    base_format(&base->out, batch);
    if (!buffering->file)
        buffering->file = fopen(base->options->file_path.data, "ae");
    if (!buffering->file)
        return base_retry(result, -errno, "cannot open the file");
    if (base->out.failed ||
        (base->out.size && fwrite(base->out.data, base->out.size, 1, buffering->file) != 1))
        return base_retry(result, -EIO, "cannot write the file");
    return WEIR_DELIVERED;
}

static int buffering_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct buffering *buffering = self;

    if (buffering->file)
        fclose(buffering->file);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.flush = buffering_flush, .stop = buffering_stop, .instance_size = sizeof(struct buffering));
