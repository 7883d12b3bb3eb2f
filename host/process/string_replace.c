/* processor_string_replace: replaces parts of a content, or takes escapes off it. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/replacement.h"
#include "process/rules.h"
#include "process/source.h"
#include "process/unquote.h"

/* A value that would become larger stays as it is. */
#define REPLACED_BYTES_MAX (16 * MIB)

enum replace_method { METHOD_CONST, METHOD_REGEX, METHOD_UNQUOTE };

struct string_replace_options {
    struct weir_str source_key, match, replace_string, dest_key;
    uint32_t method;
    uint64_t regex_timeout_ms;
};

struct string_replace {
    struct processor processor; /* first */
    const struct string_replace_options *options;
    struct failures failures;
    struct pattern *pattern; /* METHOD_REGEX, as the next */
    struct replacement *replacement;
    struct buf text; /* being made */
};

static const char *const methods[] = {"const", "regex", "unquote", NULL};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct string_replace_options, source_key, "SourceKey", WEIR_REQUIRED,
        NULL, "Key of the field to change; every occurrence is."),
    {
        .name = "Method",
        .type = WEIR_OPTION_ENUM,
        .flags = WEIR_REQUIRED,
        .offset = offsetof(struct string_replace_options, method),
        .present_offset = WEIR_NO_OFFSET,
        .choices = methods,
        .help = "const replaces a text, regex what an expression matches; unquote takes escapes "
                "such as \\n and \\u00e4 for what they stand for, and quotes around all off.",
    },
    WEIR_OPTION_STRING_ROW(struct string_replace_options, match, "Match", 0, "",
        "The text or the regular expression to replace, in all places."),
    WEIR_OPTION_STRING_ROW(struct string_replace_options, replace_string, "ReplaceString", 0, "",
        "What comes in its place. With regex, $1 and ${name} are what a group matched, $& is all "
        "of the match, $$ a dollar."),
    WEIR_OPTION_STRING_ROW(struct string_replace_options, dest_key, "DestKey", 0, "",
        "Key of a new field for the result. Empty: the field itself is changed."),
    WEIR_OPTION(struct string_replace_options, regex_timeout_ms, "RegexTimeoutMs", WEIR_OPTION_UINT,
        0, "100", "0", "60000", "ms",
        "Processor time that all matches in one value may take; 0 is 100. A value that takes "
        "longer stays as it is, and is counted."),
};

static void destroy(struct processor *processor)
{
    struct string_replace *self = (struct string_replace *)processor;

    pattern_destroy(self->pattern);
    replacement_destroy(self->replacement);
    buf_finish(&self->text);
    free(self);
}

static bool prepare(struct string_replace *self, char *why, size_t why_max)
{
    const struct string_replace_options *given = self->options;

    if (given->method == METHOD_CONST && !given->match.size) {
        snprintf(why, why_max, "Match is empty: with Method const it says what to replace");
        return false;
    }
    if (given->method != METHOD_REGEX)
        return true;
    self->pattern = pattern_of_option("Match", given->match, PATTERN_LINE_DOT, why, why_max);
    if (self->pattern)
        self->replacement = replacement_create(given->replace_string, self->pattern, why, why_max);
    return self->replacement;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct string_replace *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_string_replace;
    self->options = context->config->options->values;
    failures_init(&self->failures, context);
    if (prepare(self, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

/* Each of these makes the new text of `value` in self->text. NULL: done; else the words
 * of what went wrong. *ret_changed is false when nothing is different. */
typedef const char *replace_in(
    struct string_replace *self, struct weir_str value, bool *ret_changed);

static const char *replace_const(
    struct string_replace *self, struct weir_str value, bool *ret_changed)
{
    struct weir_str match = self->options->match, with = self->options->replace_string;
    const char *at = value.data, *end = at + value.size, *found;

    while (at < end && (found = memmem(at, (size_t)(end - at), match.data, match.size))) {
        *ret_changed = true;
        buf_append(&self->text, at, (size_t)(found - at));
        buf_append(&self->text, with.data, with.size);
        if (self->text.size > REPLACED_BYTES_MAX)
            return "a field would become too large";
        at = found + match.size;
    }
    buf_append(&self->text, at, (size_t)(end - at));
    return NULL;
}

static const char *replace_regex(
    struct string_replace *self, struct weir_str value, bool *ret_changed)
{
    uint64_t limit_ms = self->options->regex_timeout_ms ? self->options->regex_timeout_ms : 100;
    const struct pattern_span *spans;
    struct pattern_scan scan;
    enum pattern_result result;
    size_t done = 0; /* bytes of the value */

    pattern_scan_init(&scan, self->pattern, value, limit_ms * NS_PER_MS);
    while ((result = pattern_scan_next(&scan, &spans)) == PATTERN_MATCH) {
        *ret_changed = true;
        buf_append(&self->text, value.data + done, spans[0].start - done);
        replacement_put(self->replacement, value, spans, &self->text);
        if (self->text.size > REPLACED_BYTES_MAX)
            return "a field would become too large";
        done = spans[0].end;
    }
    buf_append(&self->text, value.data + done, value.size - done);
    return result == PATTERN_TOO_HARD ? "the regular expression took too many steps" : NULL;
}

static const char *replace_unquote(
    struct string_replace *self, struct weir_str value, bool *ret_changed)
{
    bool quoted = value.size && value.data[0] == '"' && value.data[value.size - 1] == '"';
    size_t size;

    *ret_changed = true;
    if (quoted && value.size == 1)
        return "a field is no quoted text";
    if (quoted)
        value = (struct weir_str){value.data + 1, value.size - 2};
    if (!unquote(value, !quoted, buf_reserve(&self->text, value.size + 1), &size))
        return "a field is no quoted text";
    self->text.size = size;
    return NULL;
}

static struct weir_str replaced(
    struct string_replace *self, struct batch *batch, struct weir_str value)
{
    static replace_in *const by_method[] = {
        [METHOD_CONST] = replace_const,
        [METHOD_REGEX] = replace_regex,
        [METHOD_UNQUOTE] = replace_unquote,
    };
    bool changed = false;
    const char *failure;

    self->text.size = 0;
    failure = by_method[self->options->method](self, value, &changed);
    if (failure)
        failures_add(&self->failures, true, failure, value);
    if (failure || !changed)
        return value;
    return batch_copy(batch, (struct weir_str){self->text.data, self->text.size});
}

static void process_log(
    struct string_replace *self, struct batch *batch, struct weir_log *log, struct weir_str dest)
{
    uint32_t n_contents = log->n_contents;

    for (uint32_t i = 0; i < n_contents; i++) {
        struct weir_str value;

        if (!str_equal(log->contents[i].key, self->options->source_key))
            continue;
        value = replaced(self, batch, log->contents[i].value);
        if (dest.size)
            append_content(batch, log, dest, value, 1);
        else
            log_contents(log)[i].value = value;
    }
}

static void process(struct processor *processor, struct batch *batch)
{
    struct string_replace *self = (struct string_replace *)processor;
    struct weir_str dest = batch_copy(batch, self->options->dest_key);

    if (self->pattern)
        pattern_renew(self->pattern);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], dest);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_string_replace = {
    .config = BUILTIN_CONFIG("processor_string_replace",
        "Replaces parts of a field, or takes escapes off it.", struct string_replace_options,
        options, &processor_string_replace),
    .create = create,
    .process = process,
    .destroy = destroy,
};
