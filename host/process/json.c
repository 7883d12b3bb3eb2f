/* processor_json: makes contents of the members of a JSON object. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/failures.h"
#include "process/json_flatten.h"

struct json_options {
    struct weir_str source_key, expand_connector, prefix;
    uint64_t expand_depth;
    bool no_key_error, keep_source, keep_source_if_parse_error, use_source_key_as_prefix,
        ignore_first_connector, expand_array;
};

struct json {
    struct processor processor; /* first */
    const struct json_options *options;
    struct failures failures;
    struct json_flatten flatten;
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct json_options, source_key, "SourceKey", WEIR_REQUIRED, NULL,
        "Key of the field that holds a JSON object."),
    WEIR_OPTION_BOOL_ROW(struct json_options, no_key_error, "NoKeyError", "true",
        "Report logs without the field SourceKey."),
    WEIR_OPTION(struct json_options, expand_depth, "ExpandDepth", WEIR_OPTION_UINT, 0, "0", NULL,
        NULL, "levels",
        "How deep objects are taken apart; 1 leaves the members of the object as they are, 0 sets "
        "no limit. What lies deeper becomes a field with its JSON text."),
    WEIR_OPTION_STRING_ROW(struct json_options, expand_connector, "ExpandConnector", 0, "_",
        "What joins the keys of nested objects. As upstream has it, it also stands before the "
        "first one: see IgnoreFirstConnector."),
    WEIR_OPTION_STRING_ROW(
        struct json_options, prefix, "Prefix", 0, "", "What all new keys start with."),
    WEIR_OPTION_BOOL_ROW(struct json_options, keep_source, "KeepSource", "true",
        "Keep the field beside the new ones."),
    WEIR_OPTION_BOOL_ROW(struct json_options, keep_source_if_parse_error, "KeepSourceIfParseError",
        "true",
        "Keep the field when it is not a JSON object. Members up to the fault become fields in any "
        "case."),
    WEIR_OPTION_BOOL_ROW(struct json_options, use_source_key_as_prefix, "UseSourceKeyAsPrefix",
        "false", "Put SourceKey before all new keys, behind Prefix."),
    WEIR_OPTION_BOOL_ROW(struct json_options, ignore_first_connector, "IgnoreFirstConnector",
        "false", "Leave out the connector before the keys of the outermost object."),
    WEIR_OPTION_BOOL_ROW(struct json_options, expand_array, "ExpandArray", "false",
        "Make a field of each element of an array: key[0], key[1]; elements that are objects are "
        "taken apart. Otherwise an array becomes one field with its JSON text."),
};

static void destroy(struct processor *processor)
{
    struct json *self = (struct json *)processor;

    json_flatten_finish(&self->flatten);
    free(self);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct json_options *given = context->config->options->values;
    struct json *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_json;
    self->options = given;
    self->flatten.options = (struct json_flatten_options){
        .connector = given->expand_connector,
        .depth = given->expand_depth,
        .ignore_first_connector = given->ignore_first_connector,
        .expand_array = given->expand_array,
    };
    failures_init(&self->failures, context);
    json_flatten_init(&self->flatten);
    return &self->processor;
}

static void process_log(
    struct json *self, struct batch *batch, struct weir_log *log, const struct json_path *root)
{
    uint32_t source = log_find(log, self->options->source_key);
    struct weir_str value;
    bool complete;

    if (source == log->n_contents) {
        if (self->options->no_key_error)
            failures_add(
                &self->failures, true, "a log has no field to parse", self->options->source_key);
        return;
    }
    value = log->contents[source].value;
    complete = json_flatten(&self->flatten, batch, log, root, value);
    if (!complete)
        failures_add(&self->failures, true, "a field is not a JSON object", value);
    if (!self->options->keep_source && (complete || !self->options->keep_source_if_parse_error))
        log_remove(log, source);
}

/* What all keys start with. */
static struct weir_str root_text(const struct json *self, struct batch *batch)
{
    struct weir_str prefix = self->options->prefix, key = self->options->source_key;
    char *text;

    if (!self->options->use_source_key_as_prefix)
        return batch_copy(batch, prefix);
    text = batch_alloc(batch, prefix.size + key.size);
    memcpy(mempcpy(text, prefix.data, prefix.size), key.data, key.size);
    return (struct weir_str){text, prefix.size + key.size};
}

static void process(struct processor *processor, struct batch *batch)
{
    struct json *self = (struct json *)processor;
    struct json_path root;

    if (!batch->n_logs)
        return;
    root = json_flatten_reset(&self->flatten, root_text(self, batch));
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], &root);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_json = {
    .config = BUILTIN_CONFIG("processor_json", "Makes fields of the members of a JSON object.",
        struct json_options, options, &processor_json),
    .create = create,
    .process = process,
    .destroy = destroy,
};
