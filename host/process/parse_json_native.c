/* processor_parse_json_native: makes contents of the members of a JSON object, one level deep. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/filter.h"
#include "process/json_flatten.h"
#include "process/parse_native.h"

struct parse_json_options {
    struct parse_native_options common;
};

struct parse_json {
    struct processor processor; /* first */
    const struct parse_json_options *options;
    struct failures failures;
    struct json_flatten flatten;
    struct json_path root; /* in this batch, as the next */
    struct weir_str source_key;
};

static const struct weir_option options[] = {
    PARSE_NATIVE_ROWS(struct parse_json_options, common),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct parse_json *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_parse_json_native;
    self->options = context->config->options->values;
    self->flatten.options = (struct json_flatten_options){
        .connector = {"", 0}, .depth = 1, .ignore_first_connector = true, .null_is_empty = true};
    json_flatten_init(&self->flatten);
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct parse_json *self = (struct parse_json *)processor;

    json_flatten_finish(&self->flatten);
    free(self);
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct parse_json *self = (struct parse_json *)processor;
    struct parse_native parse = {.options = &self->options->common,
        .batch = batch,
        .log = log,
        .source_key = self->source_key};
    bool parsed;

    if (!parse_native_begin(&parse))
        return true;
    parsed = json_flatten(&self->flatten, batch, log, &self->root, parse.text);
    if (!parsed)
        failures_add(&self->failures, true, "a field is not a JSON object", parse.text);
    return parse_native_end(&parse, parsed);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct parse_json *self = (struct parse_json *)processor;

    if (!batch->n_logs)
        return;
    self->root = json_flatten_reset(&self->flatten, (struct weir_str){"", 0});
    self->source_key = parse_native_source_key(&self->options->common, batch);
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_parse_json_native = {
    .config = BUILTIN_CONFIG("processor_parse_json_native",
        "Makes fields of the members of a JSON object, one level deep.", struct parse_json_options,
        options, &processor_parse_json_native),
    .create = create,
    .process = process,
    .destroy = destroy,
};
