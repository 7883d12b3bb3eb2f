#include "input/file_source.h"

#include "base/mem.h"
#include "base/util.h"

static void progress(struct ack_source *ack)
{
    struct file_source *source = container_of(ack, struct file_source, ack);

    if (source->checkpoint)
        checkpoint_touch(source->checkpoint);
}

static void released(struct ack_source *ack)
{
    struct file_source *source = container_of(ack, struct file_source, ack);

    checkpoint_close(source->checkpoint);
    ack_source_finish(ack);
    free(source);
}

struct file_source *file_source_create(
    struct checkpoints *checkpoints, struct checkpoint_spec *spec, const uint64_t *positions)
{
    struct file_source *source = mem_zalloc(sizeof *source);

    source->ack.progress = progress;
    source->ack.released = released;
    ack_source_init(&source->ack, spec->n_lanes, positions);
    spec->source = &source->ack;
    if (checkpoints)
        source->checkpoint = checkpoint_open(checkpoints, spec);
    return source;
}

void file_source_close(struct file_source *source)
{
    if (source)
        ack_source_close(&source->ack);
}
