/* processor_json: makes contents of the members of a JSON object. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/json_keys.h"
#include "process/json_text.h"

/* The most room for new contents that a log is given beforehand. */
#define ROOM_MAX 256U

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
    struct json_keys keys;
    uint32_t typical; /* contents that the log before got */
};

/* One log being worked on. */
struct flattening {
    struct json *self;
    struct batch *batch;
    struct weir_log *log;
    struct json_text text;
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

    json_keys_finish(&self->keys);
    free(self);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct json *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_json;
    self->options = context->config->options->values;
    failures_init(&self->failures, context);
    json_keys_init(&self->keys);
    return &self->processor;
}

static void add_content(struct flattening *flattening, struct weir_str key, struct weir_str value)
{
    struct weir_log *log = flattening->log;

    if (log->n_contents == log->reserved)
        batch_reserve(flattening->batch, log, MAX(log->n_contents, 8U));
    log_contents(log)[log->n_contents++] = (struct weir_kv){key, value};
}

/* The string itself; with escapes, what they stand for, in the batch. */
static bool plain_text(
    struct flattening *flattening, const struct json_string *string, struct weir_str *ret_text)
{
    char *text;
    size_t size;

    if (!string->escaped) {
        *ret_text = string->raw;
        return true;
    }
    text = batch_alloc(flattening->batch, string->raw.size);
    if (!json_unescape(string->raw, text, &size))
        return false;
    *ret_text = (struct weir_str){text, size};
    return true;
}

static bool member_path(struct flattening *flattening, const struct json_path *parent,
    unsigned depth, struct weir_str member, struct json_path *ret_path)
{
    const struct json_options *given = flattening->self->options;
    bool joined = depth > 1 || !given->ignore_first_connector;

    return json_keys_get(&flattening->self->keys, flattening->batch, parent,
        joined ? given->expand_connector : (struct weir_str){"", 0}, member, ret_path);
}

static bool add_string(struct flattening *flattening, const struct json_path *path)
{
    struct json_string string;
    struct weir_str text;

    if (!json_take_string(&flattening->text, &string) || !plain_text(flattening, &string, &text))
        return false;
    add_content(flattening, path->text, text);
    return true;
}

/* Any value but a string, as its JSON text. */
static bool add_raw(struct flattening *flattening, const struct json_path *path, unsigned depth)
{
    const char *start;

    json_peek(&flattening->text);
    start = flattening->text.at;
    if (!json_take_value(&flattening->text, JSON_DEPTH_MAX - depth))
        return false;
    add_content(
        flattening, path->text, (struct weir_str){start, (size_t)(flattening->text.at - start)});
    return true;
}

static bool flatten_object(
    struct flattening *flattening, const struct json_path *path, unsigned depth);

/* key[0], key[1] ...; the text is at the bracket, `depth` is that of the array. */
static bool flatten_array(struct flattening *flattening, const struct json_path *parent,
    struct weir_str key, unsigned depth)
{
    struct json_text *text = &flattening->text;
    char *member = batch_alloc(flattening->batch, key.size + 24);
    size_t index = 0;

    memcpy(member, key.data, key.size);
    text->at++;
    if (json_take(text, ']'))
        return true;
    do {
        int size = snprintf(member + key.size, 24, "[%zu]", index++);
        struct json_path path;
        char c = json_peek(text);

        if (!member_path(flattening, parent, depth,
                (struct weir_str){member, key.size + (size_t)size}, &path))
            return false;
        if (!(c == '{'     ? flatten_object(flattening, &path, depth + 1)
                : c == '"' ? add_string(flattening, &path)
                           : add_raw(flattening, &path, depth)))
            return false;
    } while (json_take(text, ','));
    return json_take(text, ']');
}

/* The value of a member of an object that is `depth` - 1 deep. */
static bool flatten_member(struct flattening *flattening, const struct json_path *parent,
    struct weir_str key, unsigned depth)
{
    const struct json_options *given = flattening->self->options;
    char c = json_peek(&flattening->text);
    struct json_path path;

    if (c == '[' && given->expand_array && depth != given->expand_depth)
        return flatten_array(flattening, parent, key, depth);
    if (!member_path(flattening, parent, depth, key, &path))
        return false;
    if (c == '{' && depth != given->expand_depth)
        return flatten_object(flattening, &path, depth + 1);
    return c == '"' ? add_string(flattening, &path) : add_raw(flattening, &path, depth);
}

/* An object whose members are `depth` deep, the outermost ones 1. */
static bool flatten_object(
    struct flattening *flattening, const struct json_path *path, unsigned depth)
{
    struct json_text *text = &flattening->text;
    struct json_string string;
    struct weir_str key;

    if (depth > JSON_DEPTH_MAX || !json_take(text, '{'))
        return false;
    if (json_take(text, '}'))
        return true;
    do {
        if (!json_take_string(text, &string) || !plain_text(flattening, &string, &key) ||
            !json_take(text, ':') || !flatten_member(flattening, path, key, depth))
            return false;
    } while (json_take(text, ','));
    return json_take(text, '}');
}

/* Whether all of it was a JSON object. */
static bool flatten(struct flattening *flattening, const struct json_path *root)
{
    json_keys_restart(
        &flattening->self->keys, (size_t)(flattening->text.end - flattening->text.at));
    batch_reserve(flattening->batch, flattening->log, MIN(flattening->self->typical, ROOM_MAX));
    return flatten_object(flattening, root, 1) && !json_peek(&flattening->text) &&
           flattening->text.at == flattening->text.end;
}

static void process_log(
    struct json *self, struct batch *batch, struct weir_log *log, const struct json_path *root)
{
    uint32_t source = log_find(log, self->options->source_key), n_before = log->n_contents;
    struct flattening flattening = {.self = self, .batch = batch, .log = log};
    struct weir_str value;
    bool complete;

    if (source == log->n_contents) {
        if (self->options->no_key_error)
            failures_add(
                &self->failures, true, "a log has no field to parse", self->options->source_key);
        return;
    }
    value = log->contents[source].value;
    flattening.text = (struct json_text){value.data, value.data + value.size};
    complete = flatten(&flattening, root);
    self->typical = log->n_contents - n_before;
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
    root = json_keys_reset(&self->keys, root_text(self, batch));
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
