/* processor_desensitize_native: replaces secrets that stand behind something in a content. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/mask.h"
#include "process/rules.h"

enum desensitize_method { METHOD_CONST, METHOD_MD5 };

struct desensitize_native_options {
    struct weir_str source_key, replacing_string, before, content;
    uint32_t method;
    bool replacing_all;
};

struct desensitize_native {
    struct processor processor; /* first */
    const struct desensitize_native_options *options;
    struct failures failures;
    struct mask mask;
    struct pattern *pattern; /* its first group is what stays, if it takes part */
    struct buf text;         /* being made */
};

static const char *const methods[] = {"const", "md5", NULL};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct desensitize_native_options, source_key, "SourceKey",
        WEIR_REQUIRED, NULL, "Key of the fields with the secrets."),
    {
        .name = "Method",
        .type = WEIR_OPTION_ENUM,
        .flags = WEIR_REQUIRED,
        .offset = offsetof(struct desensitize_native_options, method),
        .present_offset = WEIR_NO_OFFSET,
        .choices = methods,
        .help = "What a secret becomes: ReplacingString, or its own MD5 digest.",
    },
    WEIR_OPTION_STRING_ROW(struct desensitize_native_options, replacing_string, "ReplacingString",
        0, "", "What a secret becomes; required with Method const."),
    WEIR_OPTION_STRING_ROW(struct desensitize_native_options, before,
        "ContentPatternBeforeReplacedString", WEIR_REQUIRED | WEIR_PATTERN, NULL,
        "A regular expression for what stands before a secret."),
    WEIR_OPTION_STRING_ROW(struct desensitize_native_options, content, "ReplacedContentPattern",
        WEIR_REQUIRED | WEIR_PATTERN, NULL,
        "A regular expression for the secret, which follows it. A value that takes more than 100 "
        "ms of processor time is counted, and is secret as a whole."),
    WEIR_OPTION_BOOL_ROW(struct desensitize_native_options, replacing_all, "ReplacingAll", "false",
        "Replace all secrets in a value, not only the first."),
};

static void destroy(struct processor *processor)
{
    struct desensitize_native *self = (struct desensitize_native *)processor;

    pattern_destroy(self->pattern);
    md5_destroy(self->mask.md5);
    buf_finish(&self->text);
    free(self);
}

static bool prepare(struct desensitize_native *self, char *why, size_t why_max)
{
    const struct desensitize_native_options *given = self->options;
    SCOPED_FREE char *text = mem_printf("(%s)%s", given->before.data, given->content.data);

    self->mask.text = given->replacing_string;
    if (given->method == METHOD_CONST && !given->replacing_string.size) {
        snprintf(why, why_max,
            "ReplacingString is missing: with Method const it is what a secret becomes");
        return false;
    }
    if (given->method == METHOD_MD5 && !(self->mask.md5 = md5_create(why, why_max)))
        return false;
    self->pattern =
        pattern_of_option("ContentPatternBeforeReplacedString and ReplacedContentPattern",
            str_of(text), PATTERN_LINE_DOT, why, why_max);
    return self->pattern;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct desensitize_native *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_desensitize_native;
    self->options = context->config->options->values;
    failures_init(&self->failures, context);
    if (prepare(self, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

/* Copies the value with its secrets masked, up to *ret_done bytes of it. */
static enum pattern_result mask_parts(
    struct desensitize_native *self, struct weir_str value, size_t *ret_done)
{
    const struct pattern_span *spans;
    struct pattern_scan scan;
    enum pattern_result result;

    pattern_scan_init(&scan, self->pattern, value, MASK_NS_DEFAULT);
    while ((result = pattern_scan_next(&scan, &spans)) == PATTERN_MATCH) {
        size_t end = spans[0].end, start = spans[1].end <= end ? spans[1].end : spans[0].start;

        buf_append(&self->text, value.data + *ret_done, start - *ret_done);
        mask_put(&self->mask, (struct weir_str){value.data + start, end - start}, &self->text);
        *ret_done = end;
        if (!self->options->replacing_all)
            break;
    }
    return result;
}

static struct weir_str masked(
    struct desensitize_native *self, struct batch *batch, struct weir_str value)
{
    size_t n_done = 0;

    self->text.size = 0;
    if (mask_parts(self, value, &n_done) == PATTERN_TOO_HARD) {
        failures_add(&self->failures, true, "the regular expression took too many steps",
            self->options->source_key);
        self->text.size = 0;
        mask_put(&self->mask, value, &self->text);
        n_done = value.size;
    } else if (!self->text.size) {
        return value;
    }
    buf_append(&self->text, value.data + n_done, value.size - n_done);
    return batch_copy(batch, (struct weir_str){self->text.data, self->text.size});
}

static void process_log(
    struct desensitize_native *self, struct batch *batch, const struct weir_log *log)
{
    for (uint32_t i = 0; i < log->n_contents; i++) {
        struct weir_kv *content = &log_contents(log)[i];

        if (content->value.size && str_equal(content->key, self->options->source_key))
            content->value = masked(self, batch, content->value);
    }
}

static void process(struct processor *processor, struct batch *batch)
{
    struct desensitize_native *self = (struct desensitize_native *)processor;

    pattern_renew(self->pattern);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i]);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_desensitize_native = {
    .config = BUILTIN_CONFIG("processor_desensitize_native",
        "Replaces secrets that stand behind something in a field.",
        struct desensitize_native_options, options, &processor_desensitize_native),
    .create = create,
    .process = process,
    .destroy = destroy,
};
