/* processor_packjson: packs contents into one, as a JSON object. */
#include "process/builtin.h"

#include <weir/json.h>
#include "base/mem.h"
#include "process/failures.h"

struct packjson_options {
    struct weir_str_list source_keys;
    struct weir_str dest_key;
    bool keep_source, alarm_if_incomplete;
};

struct packjson {
    struct processor processor; /* first */
    const struct packjson_options *options;
    struct failures failures;
    struct weir_str *keys; /* sorted, each once */
    size_t n_keys;
    struct weir_str *values; /* by key, of the current log; no data: not there */
    struct weir_buffer text;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct packjson_options, source_keys, "SourceKeys", WEIR_OPTION_STRING_LIST,
        WEIR_REQUIRED, NULL, NULL, NULL, NULL,
        "Keys of the fields to pack. Of equal ones the first of a log counts."),
    WEIR_OPTION_STRING_ROW(struct packjson_options, dest_key, "DestKey", WEIR_REQUIRED, NULL,
        "Key of the new field: a JSON object of strings, its keys sorted."),
    WEIR_OPTION_BOOL_ROW(
        struct packjson_options, keep_source, "KeepSource", "true", "Keep the packed fields, too."),
    WEIR_OPTION_BOOL_ROW(struct packjson_options, alarm_if_incomplete, "AlarmIfIncomplete", "true",
        "Report logs that lack one of SourceKeys. They are packed all the same."),
};

static int by_text(const void *a, const void *b)
{
    const struct weir_str *one = a, *other = b;
    size_t size = MIN(one->size, other->size);
    int r = size ? memcmp(one->data, other->data, size) : 0;

    return r ? r : (one->size > other->size) - (one->size < other->size);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct packjson_options *given = context->config->options->values;
    size_t count = given->source_keys.count;
    struct packjson *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_packjson;
    self->options = given;
    self->keys = mem_calloc(count, sizeof *self->keys);
    self->values = mem_calloc(count, sizeof *self->values);
    memcpy(self->keys, given->source_keys.items, count * sizeof *self->keys);
    qsort(self->keys, count, sizeof *self->keys, by_text);
    for (size_t i = 0; i < count; i++)
        if (!i || by_text(&self->keys[i], &self->keys[self->n_keys - 1]) != 0)
            self->keys[self->n_keys++] = self->keys[i];
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    struct packjson *self = (struct packjson *)processor;

    weir_buffer_finish(&self->text);
    free(self->keys);
    free(self->values);
    free(self);
}

static size_t find_key(const struct packjson *self, struct weir_str key)
{
    for (size_t i = 0; i < self->n_keys; i++)
        if (str_equal(self->keys[i], key))
            return i;
    return SIZE_MAX;
}

/* Notes the values and takes the fields out, if that is wanted. */
static void collect(struct packjson *self, struct weir_log *log)
{
    struct weir_kv *contents = log_contents(log);
    uint32_t n_kept = 0;

    memset(self->values, 0, self->n_keys * sizeof *self->values);
    for (uint32_t i = 0; i < log->n_contents; i++) {
        size_t key = find_key(self, contents[i].key);

        if (key != SIZE_MAX && !self->values[key].data)
            self->values[key] = contents[i].value.size ? contents[i].value : str_of("");
        if (key == SIZE_MAX || self->options->keep_source)
            contents[n_kept++] = contents[i];
    }
    log->n_contents = n_kept;
}

static void process_log(
    struct packjson *self, struct batch *batch, struct weir_log *log, struct weir_str dest_key)
{
    struct weir_str packed;
    size_t n_found = 0;

    collect(self, log);
    weir_buffer_clear(&self->text);
    weir_buffer_append_byte(&self->text, '{');
    for (size_t i = 0; i < self->n_keys; i++) {
        if (!self->values[i].data)
            continue;
        if (n_found++)
            weir_buffer_append_byte(&self->text, ',');
        weir_json_string_html(&self->text, self->keys[i]);
        weir_buffer_append_byte(&self->text, ':');
        weir_json_string_html(&self->text, self->values[i]);
    }
    weir_buffer_append_byte(&self->text, '}');
    packed = batch_copy(batch, (struct weir_str){self->text.data, self->text.size});
    if (n_found < self->n_keys && self->options->alarm_if_incomplete)
        failures_add(&self->failures, true, "a log lacks fields to pack", packed);
    batch_add_content(batch, log, dest_key, packed);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct packjson *self = (struct packjson *)processor;
    struct weir_str dest_key = batch_copy(batch, self->options->dest_key);

    for (uint32_t i = 0; i < batch->n_logs; i++)
        process_log(self, batch, &batch->logs[i], dest_key);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_packjson = {
    .config = BUILTIN_CONFIG("processor_packjson", "Packs fields into one, as a JSON object.",
        struct packjson_options, options, &processor_packjson),
    .create = create,
    .process = process,
    .destroy = destroy,
};
