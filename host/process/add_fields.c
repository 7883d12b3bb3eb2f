/* processor_add_fields: appends fixed contents to every log. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/keys.h"

struct add_fields_options {
    struct weir_str_map fields;
    bool ignore_if_exist;
};

struct add_fields {
    struct processor processor; /* first */
    const struct add_fields_options *options;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct add_fields_options, fields, "Fields", WEIR_OPTION_STRING_MAP, WEIR_REQUIRED,
        NULL, NULL, NULL, NULL,
        "Keys and values to append to every log, in the order written here."),
    WEIR_OPTION_BOOL_ROW(struct add_fields_options, ignore_if_exist, "IgnoreIfExist", "false",
        "Leave out a field whose key the log already has. Otherwise the log then has the key "
        "twice, its own value first."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct add_fields *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_add_fields;
    self->options = context->config->options->values;
    return &self->processor;
}

static void append_missing(
    struct batch *batch, struct weir_log *log, const struct weir_kv *fields, size_t count)
{
    uint32_t n_before = log->n_contents;

    for (size_t i = 0; i < count; i++)
        if (log_find(log, fields[i].key) >= n_before)
            batch_add_content(batch, log, fields[i].key, fields[i].value);
}

static void append_all(
    struct batch *batch, struct weir_log *log, const struct weir_kv *fields, size_t count)
{
    struct weir_kv *contents = batch_reserve(batch, log, (uint32_t)count);

    memcpy(contents + log->n_contents, fields, count * sizeof *fields);
    log->n_contents += (uint32_t)count;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct add_fields *self = (struct add_fields *)processor;
    const struct weir_str_map *map = &self->options->fields;
    const struct weir_kv *fields;

    if (!batch->n_logs)
        return;
    fields = pairs_copy(batch, map);
    for (uint32_t i = 0; i < batch->n_logs; i++) {
        if (self->options->ignore_if_exist)
            append_missing(batch, &batch->logs[i], fields, map->count);
        else
            append_all(batch, &batch->logs[i], fields, map->count);
    }
}

static void destroy(struct processor *processor)
{
    free(processor);
}

const struct processor_class processor_add_fields = {
    .config = BUILTIN_CONFIG("processor_add_fields", "Appends fixed fields to every log.",
        struct add_fields_options, options, &processor_add_fields),
    .create = create,
    .process = process,
    .destroy = destroy,
};
