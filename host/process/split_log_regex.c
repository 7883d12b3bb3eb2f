/* processor_split_log_regex: makes logs of the lines of one; some lines begin a new one. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/rules.h"
#include "process/split_log.h"

struct split_log_regex_options {
    struct split_log_options common;
    struct weir_str split_regex;
};

struct split_log_regex {
    struct processor processor; /* first */
    const struct split_log_regex_options *options;
    struct pattern *pattern;
    struct failures failures;
};

static const struct weir_option options[] = {
    SPLIT_LOG_ROWS(struct split_log_regex_options, common, "false"),
    WEIR_OPTION_STRING_ROW(struct split_log_regex_options, split_regex, "SplitRegex", WEIR_PATTERN,
        ".*",
        "A regular expression. A line that its leftmost match covers from the first byte to the "
        "last begins a new log; other lines belong to the log before."),
};

static void destroy(struct processor *processor)
{
    struct split_log_regex *self = (struct split_log_regex *)processor;

    pattern_destroy(self->pattern);
    free(self);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct split_log_regex_options *given = context->config->options->values;
    /* Lines have no newlines: that a dot would match them makes no difference. */
    struct pattern *pattern =
        pattern_of_option("SplitRegex", given->split_regex, PATTERN_AT_START, why, why_max);
    struct split_log_regex *self;

    if (!pattern)
        return NULL;
    self = mem_zalloc(sizeof *self);
    self->processor.class = &processor_split_log_regex;
    self->options = given;
    self->pattern = pattern;
    failures_init(&self->failures, context);
    return &self->processor;
}

static bool begins_log(struct split_log_regex *self, struct weir_str line)
{
    const struct pattern_span *spans;
    enum pattern_result result = pattern_match(self->pattern, line, &spans);

    if (result == PATTERN_TOO_HARD)
        failures_add(&self->failures, true, "the regular expression took too many steps", line);
    return result == PATTERN_MATCH && spans[0].end == line.size;
}

/* Up to the newline before the first line, but for this one, that begins a log. */
static size_t piece(struct processor *processor, struct weir_str text, size_t *ret_skip)
{
    const char *end = text.data + text.size, *newline = text.data;

    while ((newline = memchr(newline, '\n', (size_t)(end - newline))) && newline + 1 < end) {
        const char *line = newline + 1, *next = memchr(line, '\n', (size_t)(end - line));
        struct weir_str rest = {line, (size_t)((next ? next : end) - line)};

        if (begins_log((struct split_log_regex *)processor, rest)) {
            *ret_skip = 1;
            return (size_t)(newline - text.data);
        }
        newline = line;
    }
    return text.size;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct split_log_regex *self = (struct split_log_regex *)processor;

    pattern_renew(self->pattern);
    split_log(processor, &self->failures, &self->options->common, piece, batch);
}

const struct processor_class processor_split_log_regex = {
    .config = BUILTIN_CONFIG("processor_split_log_regex",
        "Makes several logs of one, at lines that match a regular expression.",
        struct split_log_regex_options, options, &processor_split_log_regex),
    .create = create,
    .process = process,
    .destroy = destroy,
};
