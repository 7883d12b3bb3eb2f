/* processor_parse_regex_native: splits a content by an expression that matches all of it. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/filter.h"
#include "process/keys.h"
#include "process/parse_native.h"
#include "process/rules.h"

struct parse_regex_options {
    struct parse_native_options common;
    struct weir_str regex;
    struct weir_str_list keys;
};

struct parse_regex {
    struct processor processor; /* first */
    const struct parse_regex_options *options;
    struct failures failures;
    struct pattern *pattern; /* NULL: the whole field is the first value */
    struct weir_str *keys;   /* borrowed texts */
    uint32_t n_keys;
    struct weir_str *batch_keys, batch_source_key; /* copies in the batch */
};

static const struct weir_option options[] = {
    PARSE_NATIVE_ROWS(struct parse_regex_options, common),
    WEIR_OPTION_STRING_ROW(struct parse_regex_options, regex, "Regex", WEIR_REQUIRED | WEIR_PATTERN,
        NULL,
        "The regular expression, with a group in parentheses for each of Keys. It must match the "
        "whole field. A dot matches a newline, too."),
    WEIR_OPTION(struct parse_regex_options, keys, "Keys", WEIR_OPTION_STRING_LIST, WEIR_REQUIRED,
        NULL, NULL, NULL, NULL,
        "Keys of the new fields, one for each group; one text with commas counts as several. A "
        "field that is there already gets the new value."),
};

static void destroy(struct processor *processor)
{
    struct parse_regex *self = (struct parse_regex *)processor;

    pattern_destroy(self->pattern);
    free(self->keys);
    free(self);
}

/* As upstream takes them: one key that has commas is several. */
static void set_keys(struct parse_regex *self, const struct weir_str_list *given)
{
    struct weir_str rest = given->items[0];
    uint32_t capacity = 0;

    if (given->count > 1) {
        self->keys = mem_calloc(given->count, sizeof *self->keys);
        memcpy(self->keys, given->items, given->count * sizeof *self->keys);
        self->n_keys = (uint32_t)given->count;
        return;
    }
    for (const char *comma = rest.data; comma; rest.data = comma + 1) {
        size_t left = given->items[0].size - (size_t)(rest.data - given->items[0].data);

        comma = memchr(rest.data, ',', left);
        MEM_GROW(self->keys, self->n_keys, capacity);
        self->keys[self->n_keys++] =
            (struct weir_str){rest.data, comma ? (size_t)(comma - rest.data) : left};
        if (!comma)
            break;
    }
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct parse_regex_options *given = context->config->options->values;
    struct parse_regex *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_parse_regex_native;
    self->options = given;
    failures_init(&self->failures, context);
    set_keys(self, &given->keys);
    if (str_equal(given->regex, str_of("(.*)")))
        return &self->processor;
    self->pattern = pattern_of_option("Regex", given->regex, PATTERN_WHOLE, why, why_max);
    if (self->pattern)
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

/* Why the text cannot be parsed, NULL: it was; *ret_spans as pattern_match gives them. */
static const char *match(
    struct parse_regex *self, struct weir_str text, const struct pattern_span **ret_spans)
{
    enum pattern_result result;

    if (pattern_n_groups(self->pattern) < self->n_keys)
        return "the regular expression has fewer groups than there are keys";
    result = pattern_match(self->pattern, text, ret_spans);
    if (result == PATTERN_TOO_HARD)
        return "the regular expression took too many steps";
    return result == PATTERN_MATCH ? NULL : "a log does not match the regular expression";
}

static void set_groups(
    struct parse_regex *self, struct parse_native *parse, const struct pattern_span *spans)
{
    struct weir_kv *contents = batch_reserve(parse->batch, parse->log, self->n_keys);

    for (uint32_t i = 0; i < self->n_keys; i++) {
        struct pattern_span span = spans[i + 1];
        struct weir_str value = {"", 0}; /* of a group that took no part */

        if (span.start <= span.end && span.end <= parse->text.size)
            value = (struct weir_str){parse->text.data + span.start, span.end - span.start};
        contents[parse->log->n_contents++] = (struct weir_kv){self->batch_keys[i], value};
    }
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct parse_regex *self = (struct parse_regex *)processor;
    struct parse_native parse = {.options = &self->options->common,
        .batch = batch,
        .log = log,
        .source_key = self->batch_source_key};
    const struct pattern_span *spans;
    const char *failure;

    if (!parse_native_begin(&parse))
        return true;
    if (!self->pattern) {
        batch_add_content(batch, log, self->batch_keys[0], parse.text);
        return parse_native_end(&parse, true);
    }
    failure = match(self, parse.text, &spans);
    if (failure)
        failures_add(&self->failures, true, failure, parse.text);
    else
        set_groups(self, &parse, spans);
    return parse_native_end(&parse, !failure);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct parse_regex *self = (struct parse_regex *)processor;

    if (!batch->n_logs)
        return;
    self->batch_keys = keys_copy(batch, self->keys, self->n_keys);
    self->batch_source_key = parse_native_source_key(&self->options->common, batch);
    if (self->pattern)
        pattern_renew(self->pattern);
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_parse_regex_native = {
    .config = BUILTIN_CONFIG("processor_parse_regex_native",
        "Splits a field into several by a regular expression that matches all of it.",
        struct parse_regex_options, options, &processor_parse_regex_native),
    .create = create,
    .process = process,
    .destroy = destroy,
};
