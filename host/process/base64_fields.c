/* processor_base64_encoding and processor_base64_decoding: add what a field is in base64, or
 * what it is when base64 is taken off. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/base64.h"
#include "process/failures.h"

struct base64_options {
    struct weir_str source_key, new_key;
    bool no_key_error;
    bool decode_error; /* of decoding only */
};

struct base64_fields {
    struct processor processor; /* first */
    const struct base64_options *options;
    struct failures failures;
};

#define KEY_ROWS(WHAT) \
    WEIR_OPTION_STRING_ROW(struct base64_options, source_key, "SourceKey", WEIR_REQUIRED, NULL, \
        "Key of the field to " WHAT "."), \
        WEIR_OPTION_STRING_ROW(struct base64_options, new_key, "NewKey", WEIR_REQUIRED, NULL, \
            "Key of the new field."), \
        WEIR_OPTION_BOOL_ROW(struct base64_options, no_key_error, "NoKeyError", "false", \
            "Report logs without the field SourceKey.")

static const struct weir_option encoding_options[] = {
    KEY_ROWS("encode"),
};

static const struct weir_option decoding_options[] = {
    KEY_ROWS("decode"),
    WEIR_OPTION_BOOL_ROW(struct base64_options, decode_error, "DecodeError", "false",
        "Report logs whose field is no base64. They are counted in any case."),
};

static struct processor *create(
    const struct processor_context *context, const struct processor_class *class)
{
    struct base64_fields *self = mem_zalloc(sizeof *self);

    self->processor.class = class;
    self->options = context->config->options->values;
    failures_init(&self->failures, context);
    return &self->processor;
}

static struct processor *create_encoding(
    const struct processor_context *context, char *why, size_t why_max)
{
    (void)why;
    (void)why_max;
    return create(context, &processor_base64_encoding);
}

static struct processor *create_decoding(
    const struct processor_context *context, char *why, size_t why_max)
{
    (void)why;
    (void)why_max;
    return create(context, &processor_base64_decoding);
}

static void destroy(struct processor *processor)
{
    free(processor);
}

static void encode(struct base64_fields *self, struct batch *batch, struct weir_log *log,
    struct weir_str key, struct weir_str text)
{
    char *to = batch_alloc(batch, BASE64_ENCODED_SIZE(text.size));

    (void)self;
    base64_encode(text.data, text.size, to);
    batch_add_content(batch, log, key, (struct weir_str){to, BASE64_ENCODED_SIZE(text.size)});
}

static void decode(struct base64_fields *self, struct batch *batch, struct weir_log *log,
    struct weir_str key, struct weir_str text)
{
    char *to = batch_alloc(batch, BASE64_DECODED_SIZE_MAX(text.size));
    size_t size;

    if (base64_decode(text.data, text.size, to, &size))
        batch_add_content(batch, log, key, (struct weir_str){to, size});
    else
        failures_add(&self->failures, self->options->decode_error, "a field is not base64", text);
}

/* `missing`: what is said of a log without the field. */
static void process(struct processor *processor, struct batch *batch, const char *missing,
    void (*convert)(struct base64_fields *self, struct batch *batch, struct weir_log *log,
        struct weir_str key, struct weir_str text))
{
    struct base64_fields *self = (struct base64_fields *)processor;
    struct weir_str key = batch_copy(batch, self->options->new_key);

    for (uint32_t i = 0; i < batch->n_logs; i++) {
        struct weir_log *log = &batch->logs[i];
        uint32_t source = log_find(log, self->options->source_key);

        if (source < log->n_contents)
            convert(self, batch, log, key, log->contents[source].value);
        else if (self->options->no_key_error)
            failures_add(&self->failures, true, missing, self->options->source_key);
    }
    failures_report(&self->failures, processor);
}

static void process_encoding(struct processor *processor, struct batch *batch)
{
    process(processor, batch, "a log has no field to encode", encode);
}

static void process_decoding(struct processor *processor, struct batch *batch)
{
    process(processor, batch, "a log has no field to decode", decode);
}

const struct processor_class processor_base64_encoding = {
    .config =
        BUILTIN_CONFIG("processor_base64_encoding", "Adds a field with another one in base64.",
            struct base64_options, encoding_options, &processor_base64_encoding),
    .create = create_encoding,
    .process = process_encoding,
    .destroy = destroy,
};

const struct processor_class processor_base64_decoding = {
    .config = BUILTIN_CONFIG("processor_base64_decoding",
        "Adds a field with what another one holds in base64.", struct base64_options,
        decoding_options, &processor_base64_decoding),
    .create = create_decoding,
    .process = process_decoding,
    .destroy = destroy,
};
