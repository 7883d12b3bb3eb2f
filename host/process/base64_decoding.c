/* processor_base64_decoding: adds what a content is when base64 is taken off. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/base64.h"
#include "process/failures.h"

struct base64_options {
    struct weir_str source_key, new_key;
    bool no_key_error, decode_error;
};

struct base64_decoding {
    struct processor processor; /* first */
    const struct base64_options *options;
    struct failures failures;
};

static const struct weir_option options[] = {
    WEIR_OPTION_STRING_ROW(struct base64_options, source_key, "SourceKey", WEIR_REQUIRED, NULL,
        "Key of the field to decode."),
    WEIR_OPTION_STRING_ROW(
        struct base64_options, new_key, "NewKey", WEIR_REQUIRED, NULL, "Key of the new field."),
    WEIR_OPTION_BOOL_ROW(struct base64_options, no_key_error, "NoKeyError", "false",
        "Report logs without the field SourceKey."),
    WEIR_OPTION_BOOL_ROW(struct base64_options, decode_error, "DecodeError", "false",
        "Report logs whose field is no base64. They are counted in any case."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct base64_decoding *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_base64_decoding;
    self->options = context->config->options->values;
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    free(processor);
}

static void process_log(
    struct base64_decoding *self, struct batch *batch, struct weir_log *log, struct weir_str key)
{
    uint32_t source = log_find(log, self->options->source_key);
    struct weir_str text;
    char *to;
    size_t size;

    if (source == log->n_contents) {
        if (self->options->no_key_error)
            failures_add(
                &self->failures, true, "a log has no field to decode", self->options->source_key);
        return;
    }
    text = log->contents[source].value;
    to = batch_alloc(batch, BASE64_DECODED_SIZE_MAX(text.size));
    if (base64_decode(text.data, text.size, to, &size))
        batch_add_content(batch, log, key, (struct weir_str){to, size});
    else
        failures_add(&self->failures, self->options->decode_error, "a field is not base64", text);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct base64_decoding *self = (struct base64_decoding *)processor;
    struct weir_str key = batch_copy(batch, self->options->new_key);

    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], key);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_base64_decoding = {
    .config = BUILTIN_CONFIG("processor_base64_decoding",
        "Adds a field with what another one holds in base64.", struct base64_options, options,
        &processor_base64_decoding),
    .create = create,
    .process = process,
    .destroy = destroy,
};
