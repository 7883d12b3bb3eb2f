/* processor_split_log_string: makes a log of each stretch between two separators. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/split_log.h"

struct split_log_string_options {
    struct split_log_options common;
    struct weir_str split_sep;
};

struct split_log_string {
    struct processor processor; /* first */
    const struct split_log_string_options *options;
    struct weir_str separator;
    struct failures failures;
};

static const struct weir_option options[] = {
    SPLIT_LOG_ROWS(struct split_log_string_options, common, "true"),
    WEIR_OPTION_STRING_ROW(struct split_log_string_options, split_sep, "SplitSep", 0, "\n",
        "The text to split at. Empty: a NUL byte. Nothing between two makes no log."),
};

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct split_log_string *self = mem_zalloc(sizeof *self);

    (void)why;
    (void)why_max;
    self->processor.class = &processor_split_log_string;
    self->options = context->config->options->values;
    self->separator = self->options->split_sep;
    if (!self->separator.size)
        self->separator = (struct weir_str){"", 1};
    failures_init(&self->failures, context);
    return &self->processor;
}

static void destroy(struct processor *processor)
{
    free(processor);
}

static size_t piece(struct processor *processor, struct weir_str text, size_t *ret_skip)
{
    struct weir_str separator = ((struct split_log_string *)processor)->separator;
    const char *at = memmem(text.data, text.size, separator.data, separator.size);

    *ret_skip = at ? separator.size : 0;
    if (at == text.data)
        return SIZE_MAX;
    return at ? (size_t)(at - text.data) : text.size;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct split_log_string *self = (struct split_log_string *)processor;

    split_log(processor, &self->failures, &self->options->common, piece, batch);
}

const struct processor_class processor_split_log_string = {
    .config = BUILTIN_CONFIG("processor_split_log_string", "Makes several logs of one, at a text.",
        struct split_log_string_options, options, &processor_split_log_string),
    .create = create,
    .process = process,
    .destroy = destroy,
};
