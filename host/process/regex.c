/* processor_regex: splits a content into several by a regular expression. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/failures.h"
#include "process/keys.h"
#include "process/rules.h"

struct regex_options {
    struct weir_str regex, source_key;
    struct weir_str_list keys;
    bool full_match, no_key_error, no_match_error, keep_source, keep_source_if_parse_error;
};

struct regex {
    struct processor processor; /* first */
    const struct regex_options *options;
    struct pattern *pattern;
    struct failures failures;
    uint32_t n_keys;
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct regex_options, regex, "Regex", WEIR_REQUIRED | WEIR_PATTERN, NULL,
        "The regular expression, with a group in parentheses for each of Keys. It need not match "
        "from the first byte to the last unless FullMatch is set. A dot matches a newline, too."),
    WEIR_OPTION(struct regex_options, keys, "Keys", WEIR_OPTION_STRING_LIST, WEIR_REQUIRED, NULL,
        NULL, NULL, NULL,
        "Keys of the new fields, one for each group, from the first. Groups that are left over are "
        "ignored; with fewer groups than keys every log fails. An optional group that did not "
        "match adds no field."),
    WEIR_OPTION_STRING_ROW(struct regex_options, source_key, "SourceKey", 0, "",
        "Key of the field to match. Empty: the first field, whatever its key."),
    WEIR_OPTION_BOOL_ROW(struct regex_options, full_match, "FullMatch", "false",
        "A match that leaves out bytes at the start or the end counts as no match."),
    WEIR_OPTION_BOOL_ROW(struct regex_options, no_key_error, "NoKeyError", "false",
        "Report logs without the field SourceKey."),
    WEIR_OPTION_BOOL_ROW(struct regex_options, no_match_error, "NoMatchError", "true",
        "Report logs that do not match. They are counted in any case."),
    WEIR_OPTION_BOOL_ROW(struct regex_options, keep_source, "KeepSource", "false",
        "Keep the matched field beside the new ones."),
    WEIR_OPTION_BOOL_ROW(struct regex_options, keep_source_if_parse_error, "KeepSourceIfParseError",
        "true", "Keep the field when it did not match. If this is false its content is lost then."),
};

static void destroy(struct processor *processor)
{
    struct regex *self = (struct regex *)processor;

    pattern_destroy(self->pattern);
    free(self);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct regex_options *given = context->config->options->values;
    struct pattern *pattern = pattern_of_option(
        "Regex", given->regex, given->full_match ? PATTERN_AT_START : 0, why, why_max);
    struct regex *self;

    if (!pattern)
        return NULL;
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_regex;
    self->options = given;
    self->pattern = pattern;
    self->n_keys = (uint32_t)given->keys.count;
    failures_init(&self->failures, context);
    if (pattern_n_groups(pattern) < self->n_keys)
        log_warn("the regular expression has fewer groups than there are keys: no log can match",
            LOG_STR("pipeline", context->pipeline), LOG_STR("processor", context->config->name),
            LOG_INT("groups", pattern_n_groups(pattern)), LOG_INT("keys", self->n_keys));
    return &self->processor;
}

/* Why a content failed, NULL if it did not; *ret_spans as pattern_match gives them. */
static const char *match(
    struct regex *self, struct weir_str text, const struct pattern_span **ret_spans)
{
    enum pattern_result result;

    if (pattern_n_groups(self->pattern) < self->n_keys)
        return "the regular expression has fewer groups than there are keys";
    result = pattern_match(self->pattern, text, ret_spans);
    if (result == PATTERN_TOO_HARD)
        return "the regular expression took too many steps";
    if (result == PATTERN_NO_MATCH ||
        (self->options->full_match && (*ret_spans)[0].end != text.size))
        return "a log does not match the regular expression";
    return NULL;
}

/* Appends what the groups matched; `text` is what the spans are of. */
static uint32_t append_groups(const struct regex *self, struct weir_kv *to,
    const struct weir_str *keys, struct weir_str text, const struct pattern_span *spans)
{
    uint32_t n = 0;

    for (uint32_t i = 0; i < self->n_keys; i++) {
        struct pattern_span span = spans[i + 1];

        if (span.start > span.end || span.end > text.size) /* took no part */
            continue;
        to[n++] = (struct weir_kv){keys[i], {text.data + span.start, span.end - span.start}};
    }
    return n;
}

static void process_log(
    struct regex *self, struct batch *batch, struct weir_log *log, const struct weir_str *keys)
{
    uint32_t source = self->options->source_key.size ? log_find(log, self->options->source_key) : 0;
    const struct pattern_span *spans;
    const char *failure;
    struct weir_str text;

    if (source >= log->n_contents) {
        if (self->options->no_key_error)
            failures_add(
                &self->failures, true, "a log has no field to match", self->options->source_key);
        return;
    }
    text = log->contents[source].value;
    failure = match(self, text, &spans);
    if (failure) {
        failures_add(&self->failures, self->options->no_match_error, failure, text);
        if (!self->options->keep_source && !self->options->keep_source_if_parse_error)
            log_remove(log, source);
        return;
    }
    log->n_contents += append_groups(
        self, batch_reserve(batch, log, self->n_keys) + log->n_contents, keys, text, spans);
    if (!self->options->keep_source)
        log_remove(log, source);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct regex *self = (struct regex *)processor;
    const struct weir_str *keys;

    if (!batch->n_logs)
        return;
    keys = keys_copy(batch, self->options->keys.items, self->n_keys);
    pattern_renew(self->pattern);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], keys);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_regex = {
    .config =
        BUILTIN_CONFIG("processor_regex", "Splits a field into several by a regular expression.",
            struct regex_options, options, &processor_regex),
    .create = create,
    .process = process,
    .destroy = destroy,
};
