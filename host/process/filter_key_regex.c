/* processor_filter_key_regex: lets logs through by which fields they have. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/filter.h"
#include "process/rules.h"

struct filter_key_regex_options {
    struct weir_str_list include, exclude;
};

struct filter_key_regex {
    struct processor processor; /* first */
    struct rules include, exclude;
    struct failures failures;
    /* The log before in this batch, and what was said of it. */
    struct weir_log last;
    bool last_kept;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct filter_key_regex_options, include, "Include", WEIR_OPTION_STRING_LIST,
        WEIR_PATTERN, NULL, NULL, NULL, NULL,
        "Regular expressions. A log passes only if each of them matches one of its keys."),
    WEIR_OPTION(struct filter_key_regex_options, exclude, "Exclude", WEIR_OPTION_STRING_LIST,
        WEIR_PATTERN, NULL, NULL, NULL, NULL,
        "Regular expressions. A log with a key that one of them matches is dropped."),
};

static void destroy(struct processor *processor)
{
    struct filter_key_regex *self = (struct filter_key_regex *)processor;

    rules_finish(&self->include);
    rules_finish(&self->exclude);
    free(self);
}

static bool add_all(struct rules *rules, const char *option, const struct weir_str_list *list,
    char *why, size_t why_max)
{
    for (size_t i = 0; i < list->count; i++) {
        struct weir_kv rule = {list->items[i], list->items[i]};

        if (!rules_add(rules, option, rule, PATTERN_LINE_DOT, why, why_max))
            return false;
    }
    return true;
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct filter_key_regex_options *given = context->config->options->values;
    struct filter_key_regex *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_filter_key_regex;
    failures_init(&self->failures, context);
    if (add_all(&self->include, "Include", &given->include, why, why_max) &&
        add_all(&self->exclude, "Exclude", &given->exclude, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

static bool any_key_matches(
    struct filter_key_regex *self, const struct rule *rule, const struct weir_log *log)
{
    for (uint32_t i = 0; i < log->n_contents; i++)
        if (rule_matches(rule, log->contents[i].key, &self->failures))
            return true;
    return false;
}

static bool judge(struct filter_key_regex *self, const struct weir_log *log)
{
    for (size_t i = 0; i < self->include.count; i++)
        if (!any_key_matches(self, &self->include.items[i], log))
            return false;
    for (size_t i = 0; i < self->exclude.count; i++)
        if (any_key_matches(self, &self->exclude.items[i], log))
            return false;
    return true;
}

/* Logs of one source mostly share their keys, down to the bytes. */
static bool has_keys_of(const struct weir_log *log, const struct weir_log *other)
{
    if (log->n_contents != other->n_contents || !log->n_contents)
        return false;
    for (uint32_t i = 0; i < log->n_contents; i++)
        if (log->contents[i].key.data != other->contents[i].key.data ||
            log->contents[i].key.size != other->contents[i].key.size)
            return false;
    return true;
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct filter_key_regex *self = (struct filter_key_regex *)processor;

    (void)batch;
    if (!has_keys_of(log, &self->last))
        self->last_kept = judge(self, log);
    self->last = *log;
    return self->last_kept;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct filter_key_regex *self = (struct filter_key_regex *)processor;

    rules_renew(&self->include);
    rules_renew(&self->exclude);
    self->last = (struct weir_log){0};
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_filter_key_regex = {
    .config =
        BUILTIN_CONFIG("processor_filter_key_regex", "Lets logs through by which fields they have.",
            struct filter_key_regex_options, options, &processor_filter_key_regex),
    .create = create,
    .process = process,
    .destroy = destroy,
};
