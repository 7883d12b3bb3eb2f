/* processor_grok: makes contents of what named parts of a content match. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/grok_library.h"
#include "process/source.h"

#define TIMEOUT_MS_DEFAULT 100U

struct grok_options {
    struct weir_str_list custom_pattern_dir, match;
    struct weir_str_map custom_patterns;
    struct weir_str source_key;
    uint64_t timeout_ms;
    bool ignore_parse_failure, keep_source, no_key_error, no_match_error, timeout_error;
};

struct grok_processor {
    struct processor processor; /* first */
    const struct grok_options *options;
    struct failures failures;
    struct grok *groks;     /* one for each of Match */
    struct weir_str **keys; /* by grok: copies of its keys in the batch */
    size_t count;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct grok_options, custom_pattern_dir, "CustomPatternDir",
        WEIR_OPTION_STRING_LIST, 0, NULL, NULL, NULL, NULL,
        "Folders, or files, with further names: lines of a name, a space and an expression. Read "
        "when the pipeline starts."),
    WEIR_OPTION(struct grok_options, custom_patterns, "CustomPatterns", WEIR_OPTION_STRING_MAP, 0,
        NULL, NULL, NULL, NULL,
        "Further names and their expressions. One that is known already gets this meaning."),
    WEIR_OPTION_STRING_ROW(struct grok_options, source_key, "SourceKey", 0, "content",
        "Key of the field to match. Empty: every field."),
    WEIR_OPTION(struct grok_options, match, "Match", WEIR_OPTION_STRING_LIST, WEIR_REQUIRED, NULL,
        NULL, NULL, NULL,
        "Expressions, tried from the first until one makes a field. In them %{NAME} is the "
        "expression of that name, %{NAME:key} also makes a field of what it matches, if that is "
        "not empty. All matches in a value count, not only the first."),
    WEIR_OPTION(struct grok_options, timeout_ms, "TimeoutMilliSeconds", WEIR_OPTION_UINT, 0, "0",
        NULL, "60000", "ms", "Processor time that one expression may take for a value; 0 is 100."),
    WEIR_OPTION_BOOL_ROW(struct grok_options, ignore_parse_failure, "IgnoreParseFailure", "true",
        "Keep the field when nothing matches."),
    WEIR_OPTION_BOOL_ROW(struct grok_options, keep_source, "KeepSource", "true",
        "Keep the field beside the new ones when something matches."),
    WEIR_OPTION_BOOL_ROW(struct grok_options, no_key_error, "NoKeyError", "false",
        "Report logs without the field SourceKey."),
    WEIR_OPTION_BOOL_ROW(struct grok_options, no_match_error, "NoMatchError", "true",
        "Report logs that nothing matches. They are counted in any case."),
    WEIR_OPTION_BOOL_ROW(struct grok_options, timeout_error, "TimeoutError", "true",
        "Report logs that take too long. They are counted in any case."),
};

static void destroy(struct processor *processor)
{
    struct grok_processor *self = (struct grok_processor *)processor;

    for (size_t i = 0; i < self->count; i++)
        grok_finish(&self->groks[i]);
    free(self->groks);
    free((void *)self->keys);
    free(self);
}

static bool add_names(
    struct grok_library *library, const struct grok_options *given, char *why, size_t why_max)
{
    for (size_t i = 0; i < given->custom_pattern_dir.count; i++)
        if (!grok_library_add_path(library, given->custom_pattern_dir.items[i].data, why, why_max))
            return false;
    for (size_t i = 0; i < given->custom_patterns.count; i++)
        grok_library_add(
            library, given->custom_patterns.items[i].key, given->custom_patterns.items[i].value);
    return true;
}

static bool prepare(struct grok_processor *self, char *why, size_t why_max)
{
    const struct grok_options *given = self->options;
    struct grok_library *library = grok_library_create();
    bool good = add_names(library, given, why, why_max);

    for (size_t i = 0; good && i < given->match.count; i++) {
        good = grok_init(&self->groks[i], library, given->match.items[i], why, why_max);
        self->count += good;
    }
    grok_library_destroy(library);
    return good;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct grok_options *given = context->config->options->values;
    struct grok_processor *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_grok;
    self->options = given;
    self->groks = mem_calloc(given->match.count, sizeof *self->groks);
    self->keys = (struct weir_str **)mem_calloc(given->match.count, sizeof *self->keys);
    failures_init(&self->failures, context);
    if (prepare(self, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

/* The keys of an expression, copied into a batch when it first matches in it. */
static const struct weir_str *keys_of(struct grok_processor *self, struct batch *batch, size_t i)
{
    const struct grok *grok = &self->groks[i];

    if (!self->keys[i]) {
        self->keys[i] = batch_alloc(batch, grok->n_fields * sizeof *self->keys[i]);
        for (uint32_t j = 0; j < grok->n_fields; j++)
            self->keys[i][j] = batch_copy(batch, str_of(grok->fields[j].key));
    }
    return self->keys[i];
}

/* What a field got, without data if nothing. */
static struct weir_str value_of(
    const struct grok_field *field, struct weir_str text, const struct pattern_span *spans)
{
    for (uint32_t i = 0; i < field->n_groups; i++) {
        struct pattern_span span = spans[field->groups[i]];

        if (span.start < span.end && span.end <= text.size)
            return (struct weir_str){text.data + span.start, span.end - span.start};
    }
    return (struct weir_str){NULL, 0};
}

/* Appends the contents that the i-th expression makes of all its matches. */
static enum pattern_result match(struct grok_processor *self, struct batch *batch,
    struct weir_log *log, struct weir_str text, size_t i)
{
    uint64_t limit_ms = self->options->timeout_ms ? self->options->timeout_ms : TIMEOUT_MS_DEFAULT;
    const struct grok *grok = &self->groks[i];
    uint32_t n_before = log->n_contents;
    const struct pattern_span *spans;
    struct pattern_scan scan;
    enum pattern_result result;

    pattern_scan_init(&scan, grok->pattern, text, limit_ms * NS_PER_MS);
    while ((result = pattern_scan_next(&scan, &spans)) == PATTERN_MATCH) {
        const struct weir_str *keys = keys_of(self, batch, i);

        for (uint32_t j = 0; j < grok->n_fields; j++) {
            struct weir_str value = value_of(&grok->fields[j], text, spans);

            if (value.data)
                append_content(batch, log, keys[j], value, grok->n_fields);
        }
        if (log->n_contents - n_before > SPLIT_FIELDS_MAX)
            return PATTERN_TOO_HARD;
    }
    return result == PATTERN_TOO_HARD   ? result
           : log->n_contents - n_before ? PATTERN_MATCH
                                        : PATTERN_NO_MATCH;
}

/* Tries the expressions; whether one matched. */
static bool match_any(
    struct grok_processor *self, struct batch *batch, struct weir_log *log, struct weir_str text)
{
    uint32_t n_before = log->n_contents;
    enum pattern_result result = PATTERN_NO_MATCH;

    for (size_t i = 0; i < self->count && result == PATTERN_NO_MATCH; i++)
        result = match(self, batch, log, text, i);
    if (result == PATTERN_MATCH)
        return true;
    log->n_contents = n_before;
    if (result == PATTERN_TOO_HARD)
        failures_add(&self->failures, self->options->timeout_error,
            "a grok expression took too many steps or made too many fields", text);
    else
        failures_add(&self->failures, self->options->no_match_error,
            "a log matches no grok expression", text);
    return false;
}

static void process_log(struct grok_processor *self, struct batch *batch, struct weir_log *log)
{
    struct weir_str source_key = self->options->source_key;
    uint32_t n_sources = log->n_contents, i = 0;
    bool found = false;

    while (i < n_sources) {
        bool keep = true;

        if (!source_key.size || str_equal(log->contents[i].key, source_key)) {
            found = true;
            keep = match_any(self, batch, log, log->contents[i].value)
                       ? self->options->keep_source
                       : self->options->ignore_parse_failure;
        }
        if (keep) {
            i++;
            continue;
        }
        log_remove(log, i);
        n_sources--;
    }
    if (!found && self->options->no_key_error)
        failures_add(&self->failures, true, "a log has no field to match", source_key);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct grok_processor *self = (struct grok_processor *)processor;

    for (size_t i = 0; i < self->count; i++) {
        self->keys[i] = NULL;
        pattern_renew(self->groks[i].pattern);
    }
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i]);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_grok = {
    .config = BUILTIN_CONFIG("processor_grok", "Makes fields of what named parts of a field match.",
        struct grok_options, options, &processor_grok),
    .create = create,
    .process = process,
    .destroy = destroy,
};
