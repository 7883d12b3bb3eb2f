/* processor_md5: adds the MD5 digest of a content. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/failures.h"
#include "process/md5_hex.h"

struct md5_options {
    struct weir_str source_key, md5_key;
    bool no_key_error;
};

struct md5_processor {
    struct processor processor; /* first */
    const struct md5_options *options;
    struct failures failures;
    struct md5 *md5;
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct md5_options, source_key, "SourceKey", WEIR_REQUIRED, NULL,
        "Key of the field to digest."),
    WEIR_OPTION_STRING_ROW(struct md5_options, md5_key, "MD5Key", WEIR_REQUIRED, NULL,
        "Key of the new field with the digest, 32 lower-case hexadecimal digits."),
    WEIR_OPTION_BOOL_ROW(struct md5_options, no_key_error, "NoKeyError", "false",
        "Report logs without the field SourceKey."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct md5 *md5 = md5_create(why, why_max);
    struct md5_processor *self;

    if (!md5)
        return NULL;
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_md5;
    self->options = context->config->options->values;
    self->md5 = md5;
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct md5_processor *self = (struct md5_processor *)processor;

    md5_destroy(self->md5);
    free(self);
}

static void process_log(
    struct md5_processor *self, struct batch *batch, struct weir_log *log, struct weir_str key)
{
    uint32_t source = log_find(log, self->options->source_key);
    char *text;

    if (source == log->n_contents) {
        if (self->options->no_key_error)
            failures_add(
                &self->failures, true, "a log has no field to digest", self->options->source_key);
        return;
    }
    text = batch_alloc(batch, MD5_HEX_SIZE);
    md5_hex(self->md5, log->contents[source].value, text);
    batch_add_content(batch, log, key, (struct weir_str){text, MD5_HEX_SIZE});
}

static void process(struct processor *processor, struct batch *batch)
{
    struct md5_processor *self = (struct md5_processor *)processor;
    struct weir_str key = batch_copy(batch, self->options->md5_key);

    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], key);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_md5 = {
    .config = BUILTIN_CONFIG("processor_md5", "Adds the MD5 digest of a field.", struct md5_options,
        options, &processor_md5),
    .create = create,
    .process = process,
    .destroy = destroy,
};
