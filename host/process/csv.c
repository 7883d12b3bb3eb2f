/* processor_csv: makes contents of the fields of a CSV record. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/csv_text.h"
#include "process/failures.h"
#include "process/keys.h"
#include "process/numbered.h"
#include "process/source.h"

struct csv_options {
    struct weir_str source_key, split_sep, expand_key_prefix;
    struct weir_str_list split_keys;
    bool no_key_error, trim_leading_space, preserve_others, expand_others, keep_source;
};

struct csv_processor {
    struct processor processor; /* first */
    const struct csv_options *options;
    struct failures failures;
    const struct weir_str *keys; /* copies in the batch; behind them that of what is left */
    struct numbered expanded;
    struct buf others; /* being written */
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct csv_options, source_key, "SourceKey", 0, "",
        "Key of the field that holds a CSV record. Empty: the first field, whatever its key."),
    WEIR_OPTION_BOOL_ROW(struct csv_options, no_key_error, "NoKeyError", "false",
        "Report logs without the field SourceKey."),
    WEIR_OPTION(struct csv_options, split_keys, "SplitKeys", WEIR_OPTION_STRING_LIST, 0, NULL, NULL,
        NULL, NULL, "Keys of the new fields, from the first."),
    WEIR_OPTION_STRING_ROW(
        struct csv_options, split_sep, "SplitSep", 0, ",", "The character between fields."),
    WEIR_OPTION_BOOL_ROW(struct csv_options, trim_leading_space, "TrimLeadingSpace", "false",
        "Leave out white space at the start of a field."),
    WEIR_OPTION_BOOL_ROW(struct csv_options, preserve_others, "PreserveOthers", "false",
        "Keep fields behind the last of SplitKeys, as CSV, in the field _decode_preserve_."),
    WEIR_OPTION_BOOL_ROW(struct csv_options, expand_others, "ExpandOthers", "false",
        "With PreserveOthers: keep each in a field of its own, ExpandKeyPrefix1, "
        "ExpandKeyPrefix2 and so on."),
    WEIR_OPTION_STRING_ROW(struct csv_options, expand_key_prefix, "ExpandKeyPrefix", 0, "",
        "What the keys of ExpandOthers start with."),
    WEIR_OPTION_BOOL_ROW(struct csv_options, keep_source, "KeepSource", "false",
        "Keep the field beside the new ones. One that is not CSV is kept in any case."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct csv_options *given = context->config->options->values;
    struct csv_processor *self;

    if (!csv_is_separator(given->split_sep)) {
        snprintf(why, why_max, "SplitSep: \"%s\" is not one character that can separate fields",
            given->split_sep.data);
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_csv;
    self->options = given;
    self->expanded.prefix = given->expand_key_prefix;
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct csv_processor *self = (struct csv_processor *)processor;

    numbered_finish(&self->expanded);
    buf_finish(&self->others);
    free(self);
}

/* A field behind the last key; the first of them is number 1. */
static void add_other(struct csv_processor *self, struct batch *batch, struct weir_log *log,
    uint32_t number, struct weir_str field)
{
    if (!self->options->preserve_others)
        return;
    if (self->options->expand_others) {
        append_content(batch, log, numbered_key(&self->expanded, batch, number), field, number);
        return;
    }
    if (number > 1)
        buf_append(&self->others, self->options->split_sep.data, self->options->split_sep.size);
    csv_put_field(&self->others, self->options->split_sep, field);
}

static void end_others(struct csv_processor *self, struct batch *batch, struct weir_log *log)
{
    struct weir_str text = {self->others.data, self->others.size};

    append_content(
        batch, log, self->keys[self->options->split_keys.count], batch_copy(batch, text), 1);
}

/* The words of what was wrong, NULL: nothing. */
static const char *split(
    struct csv_processor *self, struct batch *batch, struct weir_log *log, struct weir_str text)
{
    uint32_t n_keys = (uint32_t)self->options->split_keys.count, n = 0;
    struct csv csv = {text.data, text.data + text.size, self->options->split_sep,
        self->options->trim_leading_space};
    enum csv_result result = CSV_FIELD;
    struct weir_str field;

    self->others.size = 0;
    csv_next_record(&csv); /* a text that holds none is an empty field */
    while (result == CSV_FIELD) {
        result = csv_take_field(&csv, &batch->arena, &field);
        if (result == CSV_BAD)
            return "a field is not a CSV record";
        if (n == n_keys + SPLIT_FIELDS_MAX)
            return "a CSV record has too many fields";
        if (n < n_keys)
            append_content(batch, log, self->keys[n], field, n_keys - n + 1);
        else
            add_other(self, batch, log, n - n_keys + 1, field);
        n++;
    }
    if (n > n_keys && self->options->preserve_others && !self->options->expand_others)
        end_others(self, batch, log);
    if (n != n_keys)
        failures_add(
            &self->failures, true, "a CSV record has not as many fields as there are keys", text);
    return NULL;
}

static void process_log(struct csv_processor *self, struct batch *batch, struct weir_log *log)
{
    const struct csv_options *given = self->options;
    uint32_t source = source_find(log, given->source_key), n_before = log->n_contents;
    const char *failure = NULL;
    struct weir_str text;

    if (source >= log->n_contents) {
        if (given->no_key_error)
            failures_add(&self->failures, true, "a log has no field to split", given->source_key);
        return;
    }
    text = log->contents[source].value;
    if (given->split_keys.count)
        failure = split(self, batch, log, text);
    else if (given->preserve_others)
        append_content(batch, log, self->keys[0], text, 1);
    if (failure) {
        log->n_contents = n_before;
        failures_add(&self->failures, true, failure, text);
    } else if (!given->keep_source) {
        log_remove(log, source);
    }
}

static void process(struct processor *processor, struct batch *batch)
{
    struct csv_processor *self = (struct csv_processor *)processor;
    struct weir_str_list list = self->options->split_keys;

    if (!batch->n_logs)
        return;
    self->keys = keys_copy_and(batch, list.items, list.count, "_decode_preserve_");
    numbered_reset(&self->expanded);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i]);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_csv = {
    .config = BUILTIN_CONFIG("processor_csv", "Makes fields of a CSV record.", struct csv_options,
        options, &processor_csv),
    .create = create,
    .process = process,
    .destroy = destroy,
};
