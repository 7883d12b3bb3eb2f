/* processor_default: leaves every log as it is. Upstream's first examples name it. */
#include "process/builtin.h"

#include "base/mem.h"

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct processor *self = mem_zalloc(sizeof *self);

    (void)context;
    (void)why;
    (void)why_max;
    self->class = &processor_default;
    return self;
}

static void process(struct processor *processor, struct batch *batch)
{
    (void)processor;
    (void)batch;
}

static void destroy(struct processor *processor)
{
    free(processor);
}

const struct processor_class processor_default = {
    .config =
        {
            .type = "processor_default",
            .description = "Leaves every log as it is.",
            .version = "1.0.0",
            .option_stride = sizeof(struct weir_option),
            .implementation = &processor_default,
        },
    .create = create,
    .process = process,
    .destroy = destroy,
};
