/* processor_desensitize: replaces secrets in a content. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/mask.h"
#include "process/rules.h"

enum desensitize_method { METHOD_CONST, METHOD_MD5 };
enum desensitize_match { MATCH_FULL, MATCH_REGEX };

struct desensitize_options {
    struct weir_str source_key, replace_string, regex_begin, regex_content;
    uint32_t method, match;
    uint64_t regex_timeout_ms;
};

struct desensitize {
    struct processor processor; /* first */
    const struct desensitize_options *options;
    struct failures failures;
    struct mask mask;
    struct pattern *begin, *content; /* MATCH_REGEX */
    struct buf text;                 /* being made */
};

static const char *const methods[] = {"const", "md5", NULL};
static const char *const matches[] = {"full", "regex", NULL};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct desensitize_options, source_key, "SourceKey", WEIR_REQUIRED, NULL,
        "Key of the field with the secrets; the first one of a log."),
    WEIR_OPTION_ENUM_ROW(struct desensitize_options, method, "Method", methods, "const",
        "What a secret becomes: ReplaceString, or its own MD5 digest."),
    WEIR_OPTION_ENUM_ROW(struct desensitize_options, match, "Match", matches, "full",
        "Whether the whole value is secret, or what RegexContent matches behind RegexBegin."),
    WEIR_OPTION_STRING_ROW(struct desensitize_options, replace_string, "ReplaceString", 0, "",
        "What a secret becomes; required with Method const."),
    WEIR_OPTION_STRING_ROW(struct desensitize_options, regex_begin, "RegexBegin", 0, "",
        "A regular expression for what stands before a secret; required with Match regex."),
    WEIR_OPTION_STRING_ROW(struct desensitize_options, regex_content, "RegexContent", 0, "",
        "A regular expression for the secret itself; required with Match regex."),
    WEIR_OPTION(struct desensitize_options, regex_timeout_ms, "RegexTimeoutMs", WEIR_OPTION_UINT, 0,
        "100", "0", "60000", "ms",
        "Processor time that all matches in one value may take; 0 is 100. A value that takes "
        "longer is counted, and is secret as a whole."),
};

static void destroy(struct processor *processor)
{
    struct desensitize *self = (struct desensitize *)processor;

    pattern_destroy(self->begin);
    pattern_destroy(self->content);
    md5_destroy(self->mask.md5);
    buf_finish(&self->text);
    free(self);
}

/* The option that is missing, NULL: none. */
static const char *missing(const struct desensitize_options *given)
{
    if (given->method == METHOD_CONST && !given->replace_string.size)
        return "ReplaceString is missing: with Method const it is what a secret becomes";
    if (given->match == MATCH_REGEX && (!given->regex_begin.size || !given->regex_content.size))
        return "RegexBegin or RegexContent is missing: Match regex needs both";
    return NULL;
}

static bool prepare(struct desensitize *self, char *why, size_t why_max)
{
    const struct desensitize_options *given = self->options;

    if (missing(given)) {
        snprintf(why, why_max, "%s", missing(given));
        return false;
    }
    self->mask.text = given->replace_string;
    if (given->method == METHOD_MD5 && !(self->mask.md5 = md5_create(why, why_max)))
        return false;
    if (given->match == MATCH_FULL)
        return true;
    self->begin =
        pattern_of_option("RegexBegin", given->regex_begin, PATTERN_LINE_DOT, why, why_max);
    if (self->begin)
        self->content =
            pattern_of_option("RegexContent", given->regex_content, PATTERN_LINE_DOT, why, why_max);
    return self->content;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct desensitize *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_desensitize;
    self->options = context->config->options->values;
    failures_init(&self->failures, context);
    if (prepare(self, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

/* Copies the value with its secrets masked. PATTERN_TOO_HARD: it could not be searched. */
static enum pattern_result mask_parts(
    struct desensitize *self, struct weir_str value, size_t *ret_done)
{
    uint64_t limit_ms = self->options->regex_timeout_ms ? self->options->regex_timeout_ms : 100;
    const struct pattern_span *spans;
    struct pattern_scan begin, content;
    enum pattern_result result;

    pattern_scan_init(&begin, self->begin, value, limit_ms * NS_PER_MS);
    pattern_scan_init(&content, self->content, value, limit_ms * NS_PER_MS);
    while ((result = pattern_scan_next(&begin, &spans)) == PATTERN_MATCH) {
        content.at = spans[0].end;
        result = pattern_scan_next(&content, &spans);
        if (result != PATTERN_MATCH)
            break; /* there is none further on, either */
        buf_append(&self->text, value.data + *ret_done, spans[0].start - *ret_done);
        mask_put(&self->mask,
            (struct weir_str){value.data + spans[0].start, spans[0].end - spans[0].start},
            &self->text);
        *ret_done = spans[0].end;
        begin.at = MAX(begin.at, *ret_done);
    }
    return result;
}

static struct weir_str masked(struct desensitize *self, struct batch *batch, struct weir_str value)
{
    size_t n_done = 0; /* bytes of the value */

    self->text.size = 0;
    if (self->options->match == MATCH_FULL) {
        mask_put(&self->mask, value, &self->text);
        n_done = value.size;
    } else if (mask_parts(self, value, &n_done) == PATTERN_TOO_HARD) {
        failures_add(&self->failures, true, "the regular expression took too many steps",
            self->options->source_key);
        self->text.size = 0;
        mask_put(&self->mask, value, &self->text);
        n_done = value.size;
    } else if (!self->text.size && !n_done) {
        return value;
    }
    buf_append(&self->text, value.data + n_done, value.size - n_done);
    return batch_copy(batch, (struct weir_str){self->text.data, self->text.size});
}

static void process(struct processor *processor, struct batch *batch)
{
    struct desensitize *self = (struct desensitize *)processor;

    if (self->begin) {
        pattern_renew(self->begin);
        pattern_renew(self->content);
    }
    for (uint32_t i = 0; i < batch->n_logs; i++) {
        struct weir_log *log = &batch->logs[i];
        uint32_t source = log_find(log, self->options->source_key);

        if (source < log->n_contents)
            log_contents(log)[source].value = masked(self, batch, log->contents[source].value);
    }
    failures_report(&self->failures, processor);
}

const struct processor_class processor_desensitize = {
    .config = BUILTIN_CONFIG("processor_desensitize", "Replaces secrets in a field.",
        struct desensitize_options, options, &processor_desensitize),
    .create = create,
    .process = process,
    .destroy = destroy,
};
