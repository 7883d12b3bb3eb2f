/* processor_split_string: splits a content at a text. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/failures.h"
#include "process/keys.h"
#include "process/numbered.h"
#include "process/source.h"

struct split_string_options {
    struct weir_str split_sep, source_key, expand_key_prefix;
    struct weir_str_list split_keys;
    bool preserve_others, expand_others, no_key_error, no_match_error, keep_source;
};

struct split_string {
    struct processor processor; /* first */
    const struct split_string_options *options;
    struct failures failures;
    const struct weir_str *keys; /* copies in the batch; behind them that of what is left */
    struct numbered expanded;
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct split_string_options, split_sep, "SplitSep", WEIR_REQUIRED, "\n",
        "The text to split at."),
    WEIR_OPTION(struct split_string_options, split_keys, "SplitKeys", WEIR_OPTION_STRING_LIST, 0,
        NULL, NULL, NULL, NULL, "Keys of the new fields, from the first."),
    WEIR_OPTION_STRING_ROW(struct split_string_options, source_key, "SourceKey", 0, "",
        "Key of the field to split. Empty: the first field, whatever its key."),
    WEIR_OPTION_BOOL_ROW(struct split_string_options, preserve_others, "PreserveOthers", "true",
        "Keep what is behind the last of SplitKeys as the field _split_preserve_."),
    WEIR_OPTION_BOOL_ROW(struct split_string_options, expand_others, "ExpandOthers", "false",
        "With PreserveOthers: split that, too, into fields ExpandKeyPrefix1, ExpandKeyPrefix2 and "
        "so on."),
    WEIR_OPTION_STRING_ROW(struct split_string_options, expand_key_prefix, "ExpandKeyPrefix", 0, "",
        "What the keys of ExpandOthers start with."),
    WEIR_OPTION_BOOL_ROW(struct split_string_options, no_key_error, "NoKeyError", "false",
        "Report logs without the field SourceKey."),
    WEIR_OPTION_BOOL_ROW(struct split_string_options, no_match_error, "NoMatchError", "false",
        "Report logs with fewer values than SplitKeys. They are counted in any case."),
    WEIR_OPTION_BOOL_ROW(struct split_string_options, keep_source, "KeepSource", "false",
        "Keep the split field beside the new ones."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct split_string *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_split_string;
    self->options = context->config->options->values;
    self->expanded.prefix = self->options->expand_key_prefix;
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct split_string *self = (struct split_string *)processor;

    numbered_finish(&self->expanded);
    free(self);
}

/* Takes the text up to the next separator. False: there is none, it was the last. */
static bool take(struct weir_str separator, struct weir_str *text, struct weir_str *ret_value)
{
    const char *at =
        text->size ? memmem(text->data, text->size, separator.data, separator.size) : NULL;
    size_t size = at ? (size_t)(at - text->data) : text->size, all = size + separator.size;

    *ret_value = (struct weir_str){text->data, size};
    *text = at ? (struct weir_str){text->data + all, text->size - all} : (struct weir_str){"", 0};
    return at;
}

static void add_others(
    struct split_string *self, struct batch *batch, struct weir_log *log, struct weir_str text)
{
    struct weir_str value = text;
    uint32_t n = 1;
    bool more = true;

    if (!self->options->expand_others) {
        append_content(batch, log, self->keys[self->options->split_keys.count], text, 1);
        return;
    }
    while (more) {
        more = n < SPLIT_FIELDS_MAX && take(self->options->split_sep, &text, &value);
        if (n == SPLIT_FIELDS_MAX) {
            value = text;
            failures_add(&self->failures, true, "a field splits into too many", value);
        }
        append_content(batch, log, numbered_key(&self->expanded, batch, n), value, n);
        n++;
    }
}

static void split(
    struct split_string *self, struct batch *batch, struct weir_log *log, struct weir_str text)
{
    size_t n_keys = self->options->split_keys.count, n = 0;
    struct weir_str rest = text, value;
    bool more = true;

    while (more && n < n_keys) {
        more = take(self->options->split_sep, &rest, &value);
        append_content(batch, log, self->keys[n], value, (uint32_t)(n_keys - n) + 1);
        n++;
    }
    if (n < n_keys)
        failures_add(&self->failures, self->options->no_match_error,
            "a field has fewer values than there are keys", text);
    else if (more && self->options->preserve_others)
        add_others(self, batch, log, rest);
}

static void process_log(struct split_string *self, struct batch *batch, struct weir_log *log)
{
    const struct split_string_options *given = self->options;
    uint32_t source = source_find(log, given->source_key);
    struct weir_str text;

    if (source >= log->n_contents) {
        if (given->no_key_error)
            failures_add(&self->failures, true, "a log has no field to split", given->source_key);
        return;
    }
    text = log->contents[source].value;
    split(self, batch, log, text);
    if (!given->keep_source)
        log_remove(log, source);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct split_string *self = (struct split_string *)processor;
    struct weir_str_list list = self->options->split_keys;

    if (!batch->n_logs)
        return;
    self->keys = keys_copy_and(batch, list.items, list.count, "_split_preserve_");
    numbered_reset(&self->expanded);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i]);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_split_string = {
    .config = BUILTIN_CONFIG("processor_split_string", "Splits a field into several at a text.",
        struct split_string_options, options, &processor_split_string),
    .create = create,
    .process = process,
    .destroy = destroy,
};
