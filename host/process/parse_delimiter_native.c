/* processor_parse_delimiter_native: splits a content at a separator of up to four bytes. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/buf.h"
#include "base/mem.h"
#include "process/filter.h"
#include "process/keys.h"
#include "process/numbered.h"
#include "process/parse_native.h"
#include "process/quoted.h"
#include "process/source.h"

#define SEPARATOR_BYTES_MAX 4U

enum overflow { OVERFLOW_EXTEND, OVERFLOW_KEEP, OVERFLOW_DISCARD };

struct parse_delimiter_options {
    struct parse_native_options common;
    struct weir_str separator, quote;
    struct weir_str_list keys;
    bool allow_fewer;
    uint32_t overflow;
};

struct parse_delimiter {
    struct processor processor; /* first */
    const struct parse_delimiter_options *options;
    struct failures failures;
    struct weir_str separator;
    bool quoting;
    char quote;
    struct numbered columns;
    struct weir_str *batch_keys, batch_source_key; /* copies in the batch */
    struct buf others;                             /* being made */
};

static const char *const overflows[] = {"extend", "keep", "discard", NULL};

static const struct weir_option options[] = {
    PARSE_NATIVE_ROWS(struct parse_delimiter_options, common),
    WEIR_OPTION_STRING_ROW(struct parse_delimiter_options, separator, "Separator", WEIR_REQUIRED,
        NULL, "What stands between values, up to four bytes; \\t is a tab."),
    WEIR_OPTION_STRING_ROW(struct parse_delimiter_options, quote, "Quote", 0, "",
        "The byte that may stand around a value when Separator is one byte; empty: a double "
        "quote. Doubled, it is part of the value."),
    WEIR_OPTION(struct parse_delimiter_options, keys, "Keys", WEIR_OPTION_STRING_LIST,
        WEIR_REQUIRED, NULL, NULL, NULL, NULL,
        "Keys of the new fields, from the first. A field that is there already gets the new "
        "value."),
    WEIR_OPTION_BOOL_ROW(struct parse_delimiter_options, allow_fewer, "AllowingShortenedFields",
        "true", "Take fields with fewer values than Keys."),
    WEIR_OPTION_ENUM_ROW(struct parse_delimiter_options, overflow, "OverflowedFieldsTreatment",
        overflows, "extend",
        "What becomes of values behind the last of Keys: extend makes each a field __column<i>__, "
        "counted from 0, keep makes one of all, discard leaves them out, and those of the key _."),
};

static void destroy(struct processor *processor)
{
    struct parse_delimiter *self = (struct parse_delimiter *)processor;

    numbered_finish(&self->columns);
    buf_finish(&self->others);
    free(self);
}

static const char *wrong(const struct parse_delimiter_options *given, struct weir_str separator)
{
    if (separator.size > SEPARATOR_BYTES_MAX)
        return "Separator has more than four bytes";
    if (given->quote.size > 1)
        return "Quote is not one byte";
    if (given->quote.size && separator.size > 1)
        return "Quote has a meaning only with a Separator of one byte";
    return NULL;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct parse_delimiter_options *given = context->config->options->values;
    struct weir_str separator =
        str_equal(given->separator, str_of("\\t")) ? str_of("\t") : given->separator;
    struct parse_delimiter *self;

    if (wrong(given, separator)) {
        snprintf(why, why_max, "%s", wrong(given, separator));
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_parse_delimiter_native;
    self->options = given;
    self->separator = separator;
    self->quote = given->quote.size ? given->quote.data[0] : '"';
    self->quoting = separator.size == 1 && self->quote != separator.data[0];
    self->columns.prefix = str_of("__column");
    self->columns.suffix = str_of("__");
    failures_init(&self->failures, context);
    return &self->processor;
}

/* Without the spaces around it, and without a carriage return behind it. */
static struct weir_str trimmed(struct weir_str text)
{
    while (text.size && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\r'))
        text.size--;
    while (text.size && *text.data == ' ') {
        text.data++;
        text.size--;
    }
    return text;
}

/* Takes a value and the separator behind it. *ret_last: there was none. False: quotes
 * are wrong. */
static bool take(struct parse_delimiter *self, struct batch *batch, struct weir_str *rest,
    struct weir_str *ret_value, bool *ret_last)
{
    struct weir_str separator = self->separator;
    const char *at = rest->data, *end = at + rest->size, *stop;

    if (self->quoting && rest->size && *at == self->quote) {
        size_t size = quoted_take(batch, (struct weir_str){at + 1, rest->size - 1}, self->quote,
            separator.data[0], ret_value);

        if (!size)
            return false;
        stop = at + 1 + size;
    } else {
        stop = rest->size ? memmem(at, rest->size, separator.data, separator.size) : NULL;
        stop = stop ? stop : end;
        *ret_value = (struct weir_str){at, (size_t)(stop - at)};
        if (self->quoting && stop > at && memchr(at, self->quote, (size_t)(stop - at)))
            return false;
    }
    *ret_last = stop == end;
    stop += *ret_last ? 0 : separator.size;
    *rest = (struct weir_str){stop, (size_t)(end - stop)};
    return true;
}

static bool is_discarded(const struct parse_delimiter *self, struct weir_str key)
{
    return self->options->overflow == OVERFLOW_DISCARD && str_equal(key, str_of("_"));
}

/* The value behind the last key that has that number. */
static void add_other(struct parse_delimiter *self, struct parse_native *parse, uint32_t number,
    struct weir_str value)
{
    if (self->options->overflow == OVERFLOW_EXTEND) {
        append_content(parse->batch, parse->log, numbered_key(&self->columns, parse->batch, number),
            value, number);
    } else if (self->options->overflow == OVERFLOW_KEEP) {
        buf_append(&self->others, self->separator.data, self->separator.size);
        buf_append(&self->others, value.data, value.size);
    }
}

/* The values behind the last key. */
static const char *take_others(
    struct parse_delimiter *self, struct parse_native *parse, struct weir_str rest)
{
    uint32_t n = (uint32_t)self->options->keys.count, end = n + SPLIT_FIELDS_MAX;
    struct weir_str value;
    bool last = false;

    self->others.size = 0;
    for (uint32_t i = n; !last; i++) {
        if (!take(self, parse->batch, &rest, &value, &last))
            return "a field has wrong quotes";
        if (i == end)
            return "a field splits into too many";
        add_other(self, parse, i, value);
    }
    value = (struct weir_str){self->others.data, self->others.size};
    if (self->options->overflow == OVERFLOW_KEEP)
        append_content(parse->batch, parse->log, numbered_key(&self->columns, parse->batch, n),
            batch_copy(parse->batch, value), 1);
    return NULL;
}

/* Why the text cannot be parsed, NULL: it was. */
static const char *split(struct parse_delimiter *self, struct parse_native *parse)
{
    struct weir_str rest = trimmed(parse->text), value;
    uint32_t n_keys = (uint32_t)self->options->keys.count, n = 0;
    bool last = !rest.size;

    if (last)
        return "a field to split is empty";
    for (; n < n_keys && !last; n++) {
        if (!take(self, parse->batch, &rest, &value, &last))
            return "a field has wrong quotes";
        if (!is_discarded(self, self->batch_keys[n]))
            append_content(parse->batch, parse->log, self->batch_keys[n], value, n_keys - n + 1);
    }
    if (n < n_keys && !self->options->allow_fewer)
        return "a field has fewer values than there are keys";
    return last ? NULL : take_others(self, parse, rest);
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct parse_delimiter *self = (struct parse_delimiter *)processor;
    struct parse_native parse = {.options = &self->options->common,
        .batch = batch,
        .log = log,
        .source_key = self->batch_source_key};
    const char *failure;

    if (!parse_native_begin(&parse))
        return true;
    failure = split(self, &parse);
    if (failure)
        failures_add(&self->failures, true, failure, parse.text);
    return parse_native_end(&parse, !failure);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct parse_delimiter *self = (struct parse_delimiter *)processor;

    if (!batch->n_logs)
        return;
    self->batch_keys = keys_copy(batch, self->options->keys.items, self->options->keys.count);
    self->batch_source_key = parse_native_source_key(&self->options->common, batch);
    numbered_reset(&self->columns);
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_parse_delimiter_native = {
    .config = BUILTIN_CONFIG("processor_parse_delimiter_native",
        "Splits a field into several at a separator.", struct parse_delimiter_options, options,
        &processor_parse_delimiter_native),
    .create = create,
    .process = process,
    .destroy = destroy,
};
