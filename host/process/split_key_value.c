/* processor_split_key_value: makes contents of pairs such as "a:1<tab>b:2". */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/failures.h"
#include "process/numbered.h"
#include "process/source.h"

struct split_key_value_options {
    struct weir_str source_key, delimiter, separator, quote, empty_key_prefix,
        no_separator_key_prefix;
    bool keep_source, discard_when_separator_not_found, err_if_source_key_not_found,
        err_if_separator_not_found, err_if_key_is_empty;
};

struct split_key_value {
    struct processor processor; /* first */
    const struct split_key_value_options *options;
    struct failures failures;
    struct numbered empty_keys, no_separator_keys;
    uint32_t typical; /* contents that the log before got */
};

/* One log being worked on. */
struct splitting {
    struct split_key_value *self;
    struct batch *batch;
    struct weir_log *log;
    uint32_t n_pairs, n_empty_keys, n_no_separator;
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct split_key_value_options, source_key, "SourceKey", 0, "",
        "Key of the field to split. Empty: the first field, whatever its key."),
    WEIR_OPTION_STRING_ROW(struct split_key_value_options, delimiter, "Delimiter", 0, "\t",
        "What stands between pairs."),
    WEIR_OPTION_STRING_ROW(struct split_key_value_options, separator, "Separator", 0, ":",
        "What stands between key and value."),
    WEIR_OPTION_STRING_ROW(struct split_key_value_options, quote, "Quote", 0, "",
        "What may stand around a value, or around a pair without a separator; Delimiter means "
        "nothing inside, a backslash before it makes it part of the value."),
    WEIR_OPTION_BOOL_ROW(struct split_key_value_options, keep_source, "KeepSource", "true",
        "Keep the split field beside the new ones."),
    WEIR_OPTION_STRING_ROW(struct split_key_value_options, empty_key_prefix, "EmptyKeyPrefix", 0,
        "empty_key_", "Values with an empty key get this and a number, from 0, as their key."),
    WEIR_OPTION_STRING_ROW(struct split_key_value_options, no_separator_key_prefix,
        "NoSeparatorKeyPrefix", 0, "no_separator_key_",
        "Pairs without Separator become values with this and a number, from 0, as their key."),
    WEIR_OPTION_BOOL_ROW(struct split_key_value_options, discard_when_separator_not_found,
        "DiscardWhenSeparatorNotFound", "false", "Leave out pairs without Separator."),
    WEIR_OPTION_BOOL_ROW(struct split_key_value_options, err_if_source_key_not_found,
        "ErrIfSourceKeyNotFound", "true", "Report logs without the field SourceKey."),
    WEIR_OPTION_BOOL_ROW(struct split_key_value_options, err_if_separator_not_found,
        "ErrIfSeparatorNotFound", "true", "Report logs that have a pair without Separator."),
    WEIR_OPTION_BOOL_ROW(struct split_key_value_options, err_if_key_is_empty, "ErrIfKeyIsEmpty",
        "true", "Report logs that have a pair with an empty key."),
};

static struct weir_str given_or(struct weir_str given, const char *otherwise)
{
    return given.size ? given : str_of(otherwise);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct split_key_value_options *given = context->config->options->values;
    struct split_key_value *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_split_key_value;
    self->options = given;
    self->empty_keys.prefix = given_or(given->empty_key_prefix, "empty_key_");
    self->no_separator_keys.prefix = given_or(given->no_separator_key_prefix, "no_separator_key_");
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct split_key_value *self = (struct split_key_value *)processor;

    numbered_finish(&self->empty_keys);
    numbered_finish(&self->no_separator_keys);
    free(self);
}

static const char *find(const char *at, const char *end, struct weir_str what)
{
    if (at >= end || !what.size)
        return NULL;
    return what.size == 1 ? memchr(at, what.data[0], (size_t)(end - at))
                          : memmem(at, (size_t)(end - at), what.data, what.size);
}

static bool starts_with(const char *at, const char *end, struct weir_str what)
{
    return (size_t)(end - at) >= what.size && memcmp(at, what.data, what.size) == 0;
}

/* The first quote that no backslash stands before, NULL: none. */
static const char *find_close(const char *at, const char *end, struct weir_str quote)
{
    const char *start = at;

    while ((at = find(at, end, quote)) && at > start && at[-1] == '\\')
        at += quote.size;
    return at;
}

/* The end of the pair that starts at `at`. `colon` is its separator, NULL: none up to there. */
static const char *find_end(const struct split_key_value_options *given, struct weir_str delimiter,
    struct weir_str separator, const char *at, const char *end)
{
    const char *stop = find(at, end, delimiter), *open, *colon;

    if (!stop)
        return end;
    if (!given->quote.size)
        return stop;
    colon = find(at, stop, separator);
    open = starts_with(at, end, given->quote) ? at : colon ? colon + separator.size : NULL;
    if (!open || !starts_with(open, end, given->quote))
        return stop;
    open = find_close(open + given->quote.size, end, given->quote);
    if (!open)
        return stop;
    stop = find(open + given->quote.size, end, delimiter);
    return stop ? stop : end;
}

static struct weir_str unquote(struct weir_str value, struct weir_str quote)
{
    const char *end = value.data + value.size;

    if (!quote.size || value.size < 2 * quote.size || !starts_with(value.data, end, quote) ||
        !starts_with(end - quote.size, end, quote))
        return value;
    return (struct weir_str){value.data + quote.size, value.size - 2 * quote.size};
}

static void add_pair(struct splitting *splitting, const char *at, const char *end)
{
    struct split_key_value *self = splitting->self;
    struct weir_str separator = given_or(self->options->separator, ":"), key, value;
    const char *colon = find(at, end, separator);

    if (!colon) {
        uint32_t number = splitting->n_no_separator++;

        if (self->options->discard_when_separator_not_found)
            return;
        key = numbered_key(&self->no_separator_keys, splitting->batch, number);
        value = (struct weir_str){at, (size_t)(end - at)};
    } else {
        key = (struct weir_str){at, (size_t)(colon - at)};
        if (!key.size)
            key = numbered_key(&self->empty_keys, splitting->batch, splitting->n_empty_keys++);
        at = colon + separator.size;
        value = (struct weir_str){at, (size_t)(end - at)};
    }
    append_content(splitting->batch, splitting->log, key, unquote(value, self->options->quote),
        MAX(splitting->n_pairs, self->typical));
}

/* False: there were more pairs than a log may have fields; the rest is one. */
static bool split(struct splitting *splitting, struct weir_str text)
{
    const struct split_key_value_options *given = splitting->self->options;
    struct weir_str delimiter = given_or(given->delimiter, "\t");
    struct weir_str separator = given_or(given->separator, ":");
    const char *at = text.data, *end = at + text.size, *stop;

    for (;; at = stop + delimiter.size) {
        bool last = ++splitting->n_pairs == SPLIT_FIELDS_MAX;

        stop = last ? end : find_end(given, delimiter, separator, at, end);
        add_pair(splitting, at, stop);
        if ((size_t)(end - stop) < delimiter.size)
            return !last;
    }
}

static void report(const struct splitting *splitting, bool complete, struct weir_str text)
{
    struct split_key_value *self = splitting->self;

    if (!complete)
        failures_add(&self->failures, true, "a field splits into too many", text);
    else if (splitting->n_no_separator)
        failures_add(&self->failures, self->options->err_if_separator_not_found,
            "a pair has no separator", text);
    else if (splitting->n_empty_keys)
        failures_add(
            &self->failures, self->options->err_if_key_is_empty, "a pair has an empty key", text);
}

static void process_log(struct split_key_value *self, struct batch *batch, struct weir_log *log)
{
    uint32_t source = source_find(log, self->options->source_key), n_before = log->n_contents;
    struct splitting splitting = {.self = self, .batch = batch, .log = log};
    struct weir_str text;

    if (source >= log->n_contents) {
        if (self->options->err_if_source_key_not_found)
            failures_add(
                &self->failures, true, "a log has no field to split", self->options->source_key);
        return;
    }
    text = log->contents[source].value;
    report(&splitting, split(&splitting, text), text);
    self->typical = log->n_contents - n_before;
    if (!self->options->keep_source)
        log_remove(log, source);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct split_key_value *self = (struct split_key_value *)processor;

    numbered_reset(&self->empty_keys);
    numbered_reset(&self->no_separator_keys);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i]);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_split_key_value = {
    .config =
        BUILTIN_CONFIG("processor_split_key_value", "Makes fields of pairs of keys and values.",
            struct split_key_value_options, options, &processor_split_key_value),
    .create = create,
    .process = process,
    .destroy = destroy,
};
