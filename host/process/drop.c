/* processor_drop: removes contents by key. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/keys.h"

struct drop_options {
    struct weir_str_list drop_keys;
};

struct drop {
    struct processor processor; /* first */
    const struct drop_options *options;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct drop_options, drop_keys, "DropKeys", WEIR_OPTION_STRING_LIST, WEIR_REQUIRED,
        NULL, NULL, NULL, NULL,
        "Keys to remove; every occurrence goes. Letter case counts. A log that has nothing left "
        "is not delivered."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct drop *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_drop;
    self->options = context->config->options->values;
    return &self->processor;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct drop *self = (struct drop *)processor;

    for (uint32_t i = 0; i < batch->n_logs; i++)
        keys_remove(&batch->logs[i], &self->options->drop_keys);
}

static void destroy(struct processor *processor)
{
    free(processor);
}

const struct processor_class processor_drop = {
    .config = BUILTIN_CONFIG(
        "processor_drop", "Removes fields by key.", struct drop_options, options, &processor_drop),
    .create = create,
    .process = process,
    .destroy = destroy,
};
