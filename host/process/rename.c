/* processor_rename: gives contents other keys, in place. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "process/failures.h"
#include "process/keys.h"

struct rename_options {
    struct weir_str_list source_keys, dest_keys;
    bool no_key_error;
};

struct rename {
    struct processor processor; /* first */
    const struct rename_options *options;
    /* The pairs that change something, each source once: the last one given for it. */
    struct weir_str *sources, *dests;
    bool *found; /* by pair, in the current log */
    size_t n_pairs;
    struct failures failures;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct rename_options, source_keys, "SourceKeys", WEIR_OPTION_STRING_LIST,
        WEIR_REQUIRED, NULL, NULL, NULL, NULL,
        "Keys to replace, in every place where they occur. Letter case counts."),
    WEIR_OPTION(struct rename_options, dest_keys, "DestKeys", WEIR_OPTION_STRING_LIST,
        WEIR_REQUIRED, NULL, NULL, NULL, NULL,
        "What they are called instead, in the same order and number."),
    WEIR_OPTION_BOOL_ROW(struct rename_options, no_key_error, "NoKeyError", "false",
        "Report logs that lack one of SourceKeys."),
};

static void destroy(struct processor *processor)
{
    struct rename *self = (struct rename *)processor;

    free(self->sources);
    free(self->dests);
    free(self->found);
    free(self);
}

static void set_pair(struct rename *self, struct weir_str source, struct weir_str dest)
{
    size_t i;

    if (str_equal(source, dest))
        return;
    i = keys_find(self->sources, self->n_pairs, source);
    self->sources[i] = source;
    self->dests[i] = dest;
    if (i == self->n_pairs)
        self->n_pairs++;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct rename_options *given = context->config->options->values;
    size_t count = given->source_keys.count;
    struct rename *self;

    if (count != given->dest_keys.count) {
        snprintf(why, why_max, "SourceKeys has %zu keys and DestKeys has %zu", count,
            given->dest_keys.count);
        return NULL;
    }
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_rename;
    self->options = given;
    self->sources = mem_calloc(count, sizeof *self->sources);
    self->dests = mem_calloc(count, sizeof *self->dests);
    self->found = mem_calloc(count, sizeof *self->found);
    for (size_t i = 0; i < count; i++)
        set_pair(self, given->source_keys.items[i], given->dest_keys.items[i]);
    failures_init(&self->failures, context);
    return &self->processor;
}

static void note_missing(struct rename *self)
{
    for (size_t i = 0; i < self->n_pairs; i++)
        if (!self->found[i]) {
            failures_add(&self->failures, true, "a log has no field to rename", self->sources[i]);
            return;
        }
}

static void rename_in(struct rename *self, struct weir_log *log, const struct weir_str *dests)
{
    struct weir_kv *contents = log_contents(log);

    memset(self->found, 0, self->n_pairs * sizeof *self->found);
    for (uint32_t i = 0; i < log->n_contents; i++) {
        size_t pair = keys_find(self->sources, self->n_pairs, contents[i].key);

        if (pair == self->n_pairs)
            continue;
        contents[i].key = dests[pair];
        self->found[pair] = true;
    }
    if (self->options->no_key_error)
        note_missing(self);
}

static void process(struct processor *processor, struct batch *batch)
{
    struct rename *self = (struct rename *)processor;
    const struct weir_str *dests;

    if (!batch->n_logs)
        return;
    dests = keys_copy(batch, self->dests, self->n_pairs);
    for (uint32_t i = 0; i < batch->n_logs; i++)
        rename_in(self, &batch->logs[i], dests);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_rename = {
    .config = BUILTIN_CONFIG("processor_rename", "Gives fields other keys.", struct rename_options,
        options, &processor_rename),
    .create = create,
    .process = process,
    .destroy = destroy,
};
