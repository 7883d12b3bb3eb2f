/* processor_filter_regex: lets logs through by what their fields hold. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/filter.h"
#include "process/rules.h"

struct filter_regex_options {
    struct weir_str_map include, exclude;
};

struct filter_regex {
    struct processor processor; /* first */
    struct rules include, exclude;
    struct failures failures;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct filter_regex_options, include, "Include", WEIR_OPTION_STRING_MAP,
        WEIR_PATTERN, NULL, NULL, NULL, NULL,
        "Regular expressions by key. A log passes only if it has every one of these fields and "
        "each matches somewhere."),
    WEIR_OPTION(struct filter_regex_options, exclude, "Exclude", WEIR_OPTION_STRING_MAP,
        WEIR_PATTERN, NULL, NULL, NULL, NULL,
        "Regular expressions by key. A log in which one of these fields matches is dropped."),
};

static void destroy(struct processor *processor)
{
    struct filter_regex *self = (struct filter_regex *)processor;

    rules_finish(&self->include);
    rules_finish(&self->exclude);
    free(self);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    const struct filter_regex_options *given = context->config->options->values;
    struct filter_regex *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_filter_regex;
    failures_init(&self->failures, context);
    if (rules_add_map(&self->include, "Include", &given->include, PATTERN_LINE_DOT, why, why_max) &&
        rules_add_map(&self->exclude, "Exclude", &given->exclude, PATTERN_LINE_DOT, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

static bool includes(struct filter_regex *self, const struct weir_log *log)
{
    size_t n_matched = 0;

    for (uint32_t i = 0; i < log->n_contents; i++) {
        const struct rule *rule = rules_find(&self->include, log->contents[i].key);

        if (!rule)
            continue;
        if (!rule_matches(rule, log->contents[i].value, &self->failures))
            return false;
        n_matched++;
    }
    return n_matched >= self->include.count;
}

static bool excludes(struct filter_regex *self, const struct weir_log *log)
{
    for (uint32_t i = 0; i < log->n_contents; i++) {
        const struct rule *rule = rules_find(&self->exclude, log->contents[i].key);

        if (rule && rule_matches(rule, log->contents[i].value, &self->failures))
            return true;
    }
    return false;
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct filter_regex *self = (struct filter_regex *)processor;

    (void)batch;
    return (!self->include.count || includes(self, log)) &&
           (!self->exclude.count || !excludes(self, log));
}

static void process(struct processor *processor, struct batch *batch)
{
    struct filter_regex *self = (struct filter_regex *)processor;

    rules_renew(&self->include);
    rules_renew(&self->exclude);
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_filter_regex = {
    .config =
        BUILTIN_CONFIG("processor_filter_regex", "Lets logs through by what their fields hold.",
            struct filter_regex_options, options, &processor_filter_regex),
    .create = create,
    .process = process,
    .destroy = destroy,
};
