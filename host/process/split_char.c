/* processor_split_char: splits a content at a byte, with quotes around values if wanted. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/keys.h"
#include "process/quoted.h"
#include "process/source.h"

struct split_char_options {
    struct weir_str split_sep, source_key, quote;
    struct weir_str_list split_keys;
    bool quote_flag, preserve_others, no_key_error, no_match_error, keep_source,
        keep_source_if_parse_error;
};

struct split_char {
    struct processor processor; /* first */
    const struct split_char_options *options;
    struct failures failures;
    const struct weir_str *keys; /* copies in the batch; behind them that of what is left */
    char separator;
    int quote; /* -1: none */
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(
        struct split_char_options, split_sep, "SplitSep", 0, "\n", "The byte to split at."),
    WEIR_OPTION(struct split_char_options, split_keys, "SplitKeys", WEIR_OPTION_STRING_LIST, 0,
        NULL, NULL, NULL, NULL, "Keys of the new fields, from the first."),
    WEIR_OPTION_STRING_ROW(struct split_char_options, source_key, "SourceKey", 0, "",
        "Key of the field to split. Empty: the first field, whatever its key."),
    WEIR_OPTION_STRING_ROW(struct split_char_options, quote, "Quote", 0, "",
        "With QuoteFlag: the byte that may stand around a value. Doubled, it is part of the "
        "value."),
    WEIR_OPTION_BOOL_ROW(struct split_char_options, quote_flag, "QuoteFlag", "false",
        "Values may be quoted, and then may hold SplitSep."),
    WEIR_OPTION_BOOL_ROW(struct split_char_options, preserve_others, "PreserveOthers", "true",
        "Keep what is behind the last of SplitKeys as the field _split_preserve_."),
    WEIR_OPTION_BOOL_ROW(struct split_char_options, no_key_error, "NoKeyError", "false",
        "Report logs without the field SourceKey."),
    WEIR_OPTION_BOOL_ROW(struct split_char_options, no_match_error, "NoMatchError", "false",
        "Report logs with fewer values than SplitKeys. They are counted in any case."),
    WEIR_OPTION_BOOL_ROW(struct split_char_options, keep_source, "KeepSource", "false",
        "Keep the split field beside the new ones."),
    WEIR_OPTION_BOOL_ROW(struct split_char_options, keep_source_if_parse_error,
        "KeepSourceIfParseError", "true", "Keep the field when its quotes are wrong."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct split_char_options *given = context->config->options->values;
    struct split_char *self;

    if (given->split_sep.size != 1 || (given->quote_flag && given->quote.size > 1)) {
        snprintf(
            why, why_max, "%s is not one byte", given->split_sep.size != 1 ? "SplitSep" : "Quote");
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_split_char;
    self->options = given;
    self->separator = given->split_sep.data[0];
    self->quote = given->quote_flag && given->quote.size ? (unsigned char)given->quote.data[0] : -1;
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    free(processor);
}

/* The value between quotes; *at is behind the first one, and then behind the separator
 * that follows. False: the quotes are wrong. */
static bool take_quoted(const struct split_char *self, struct batch *batch, const char **at,
    const char *end, struct weir_str *ret_value)
{
    struct weir_str text = {*at, (size_t)(end - *at)};
    size_t size = quoted_take(batch, text, (char)self->quote, self->separator, ret_value);

    *at += size;
    *at += *at < end;
    return size;
}

static struct weir_str take_plain(const struct split_char *self, const char **at, const char *end)
{
    const char *start = *at, *separator = memchr(start, self->separator, (size_t)(end - start));

    *at = separator ? separator + 1 : end;
    return (struct weir_str){start, (size_t)((separator ? separator : end) - start)};
}

/* Whether all values could be taken; *ret_n is how many there were. */
static bool split(struct split_char *self, struct batch *batch, struct weir_log *log,
    struct weir_str text, size_t *ret_n)
{
    const char *at = text.data, *end = at + text.size;
    size_t n_keys = self->options->split_keys.count, n = 0;
    struct weir_str value;

    while (n < n_keys && at < end) {
        if (*at == (char)self->quote && self->quote >= 0) {
            at++;
            if (!take_quoted(self, batch, &at, end, &value))
                return false;
        } else {
            value = take_plain(self, &at, end);
        }
        append_content(batch, log, self->keys[n], value, (uint32_t)(n_keys - n) + 1);
        n++;
    }
    *ret_n = n;
    if (n == n_keys && (at < end || !n_keys) && self->options->preserve_others)
        append_content(
            batch, log, self->keys[n_keys], (struct weir_str){at, (size_t)(end - at)}, 1);
    return true;
}

static void process_log(struct split_char *self, struct batch *batch, struct weir_log *log)
{
    const struct split_char_options *given = self->options;
    uint32_t source = source_find(log, given->source_key), n_before = log->n_contents;
    struct weir_str text;
    size_t n = 0;
    bool good;

    if (source >= log->n_contents) {
        if (given->no_key_error)
            failures_add(&self->failures, true, "a log has no field to split", given->source_key);
        return;
    }
    text = log->contents[source].value;
    good = split(self, batch, log, text, &n);
    if (!good) {
        log->n_contents = n_before;
        failures_add(&self->failures, true, "a field has wrong quotes", text);
    } else if (n < given->split_keys.count) {
        failures_add(&self->failures, given->no_match_error,
            "a field has fewer values than there are keys", text);
    }
    if (!given->keep_source && (good || !given->keep_source_if_parse_error))
        log_remove(log, source);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct split_char *self = (struct split_char *)processor;
    struct weir_str_list list = self->options->split_keys;

    if (!batch->n_logs)
        return;
    self->keys = keys_copy_and(batch, list.items, list.count, "_split_preserve_");
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i]);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_split_char = {
    .config = BUILTIN_CONFIG("processor_split_char", "Splits a field into several at a byte.",
        struct split_char_options, options, &processor_split_char),
    .create = create,
    .process = process,
    .destroy = destroy,
};
