/* processor_pick_key: keeps or removes contents by key. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/filter.h"
#include "process/keys.h"

struct pick_key_options {
    struct weir_str_list include, exclude;
};

struct pick_key {
    struct processor processor; /* first */
    const struct pick_key_options *options;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct pick_key_options, include, "Include", WEIR_OPTION_STRING_LIST, 0, NULL, NULL,
        NULL, NULL, "Keys of the fields to keep. Empty: all."),
    WEIR_OPTION(struct pick_key_options, exclude, "Exclude", WEIR_OPTION_STRING_LIST, 0, NULL, NULL,
        NULL, NULL,
        "Keys of the fields to remove, also of those in Include. A log that has nothing left is "
        "dropped."),
};

static void destroy(struct processor *processor)
{
    free(processor);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct pick_key *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_pick_key;
    self->options = context->config->options->values;
    return &self->processor;
}

static bool has(const struct weir_str_list *list, struct weir_str key)
{
    return keys_find(list->items, list->count, key) < list->count;
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    const struct pick_key_options *given = ((struct pick_key *)processor)->options;
    struct weir_kv *contents = log_contents(log);
    uint32_t n_kept = 0;

    (void)batch;
    for (uint32_t i = 0; i < log->n_contents; i++)
        if ((!given->include.count || has(&given->include, contents[i].key)) &&
            !has(&given->exclude, contents[i].key))
            contents[n_kept++] = contents[i];
    log->n_contents = n_kept;
    return n_kept;
}

static void process(struct processor *processor, struct batch *batch)
{
    filter_logs(processor, batch, keeps);
}

const struct processor_class processor_pick_key = {
    .config = BUILTIN_CONFIG("processor_pick_key", "Keeps or removes fields by key.",
        struct pick_key_options, options, &processor_pick_key),
    .create = create,
    .process = process,
    .destroy = destroy,
};
