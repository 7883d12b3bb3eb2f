/* processor_filter_regex_native: lets logs through whose fields match as a whole. */
#include "process/builtin.h"

#include <stdio.h>
#include "base/mem.h"
#include "base/utf8.h"
#include "process/condition.h"
#include "process/filter.h"
#include "process/rules.h"

struct filter_native_options {
    struct weir_str_map include;
    struct weir_str_list filter_key, filter_regex;
    struct weir_str condition; /* JSON */
    bool discard_non_utf8;
};

struct filter_native {
    struct processor processor; /* first */
    const struct filter_native_options *options;
    struct condition *condition; /* NULL: the rules, if there are any */
    struct rules rules;
    struct failures failures;
};

static const struct weir_option options[] = {
    WEIR_OPTION(struct filter_native_options, include, "Include", WEIR_OPTION_STRING_MAP,
        WEIR_PATTERN, NULL, NULL, NULL, NULL,
        "Regular expressions by key. A log passes only if it has every one of these fields and "
        "each matches as a whole."),
    WEIR_OPTION(struct filter_native_options, filter_key, "FilterKey", WEIR_OPTION_STRING_LIST, 0,
        NULL, NULL, NULL, NULL, "The same in two lists: the keys. Include is then not looked at."),
    WEIR_OPTION(struct filter_native_options, filter_regex, "FilterRegex", WEIR_OPTION_STRING_LIST,
        WEIR_PATTERN, NULL, NULL, NULL, NULL, "And the expression for each of FilterKey."),
    WEIR_OPTION(struct filter_native_options, condition, "ConditionExp", WEIR_OPTION_JSON, 0, NULL,
        NULL, NULL, NULL,
        "A condition: {\"key\": \"a\", \"exp\": \"expression\", \"type\": \"regex\"}, or "
        "{\"operator\": \"and\", \"operands\": [CONDITION, CONDITION]} with and, or, not. The "
        "other options are then not looked at."),
    WEIR_OPTION_BOOL_ROW(struct filter_native_options, discard_non_utf8, "DiscardingNonUTF8",
        "false", "Replace bytes that are no UTF-8 by spaces."),
};

static void destroy(struct processor *processor)
{
    struct filter_native *self = (struct filter_native *)processor;

    condition_destroy(self->condition);
    rules_finish(&self->rules);
    free(self);
}

static bool add_lists(struct filter_native *self, char *why, size_t why_max)
{
    const struct filter_native_options *given = self->options;

    if (given->filter_key.count != given->filter_regex.count) {
        snprintf(why, why_max, "FilterKey has %zu keys and FilterRegex has %zu expressions",
            given->filter_key.count, given->filter_regex.count);
        return false;
    }
    for (size_t i = 0; i < given->filter_key.count; i++) {
        struct weir_kv rule = {given->filter_key.items[i], given->filter_regex.items[i]};

        if (!rules_add(&self->rules, "FilterRegex", rule, PATTERN_WHOLE, why, why_max))
            return false;
    }
    return true;
}

static bool prepare(struct filter_native *self, char *why, size_t why_max)
{
    const struct filter_native_options *given = self->options;

    if (given->condition.size) {
        self->condition = condition_create(given->condition, why, why_max);
        return self->condition;
    }
    if (given->filter_key.count || given->filter_regex.count)
        return add_lists(self, why, why_max);
    return rules_add_map(&self->rules, "Include", &given->include, PATTERN_WHOLE, why, why_max);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct filter_native *self = mem_zalloc(sizeof *self);

    self->processor.class = &processor_filter_regex_native;
    self->options = context->config->options->values;
    failures_init(&self->failures, context);
    if (prepare(self, why, why_max))
        return &self->processor;
    destroy(&self->processor);
    return NULL;
}

static bool rules_hold(struct filter_native *self, const struct weir_log *log)
{
    for (size_t i = 0; i < self->rules.count; i++) {
        const struct rule *rule = &self->rules.items[i];
        uint32_t at = log_find(log, rule->key);

        if (at == log->n_contents || !rule_matches(rule, log->contents[at].value, &self->failures))
            return false;
    }
    return true;
}

/* Where the first byte is that belongs to no character; the size: nowhere. */
static size_t find_wrong(struct weir_str text, size_t from)
{
    const unsigned char *data = (const unsigned char *)text.data;

    while (from < text.size) {
        size_t size = utf8_length(data + from, text.size - from);

        if (!size)
            break;
        from += size;
    }
    return from;
}

static void clean(struct batch *batch, struct weir_str *text)
{
    size_t at = find_wrong(*text, 0);
    char *to;

    if (at >= text->size)
        return;
    to = batch_alloc(batch, text->size);
    memcpy(to, text->data, text->size);
    *text = (struct weir_str){to, text->size};
    for (; at < text->size; at = find_wrong(*text, at + 1))
        to[at] = ' ';
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct filter_native *self = (struct filter_native *)processor;
    struct weir_kv *contents = log_contents(log);

    if (self->condition ? !condition_holds(self->condition, log, &self->failures)
                        : !rules_hold(self, log))
        return false;
    for (uint32_t i = 0; self->options->discard_non_utf8 && i < log->n_contents; i++) {
        clean(batch, &contents[i].key);
        clean(batch, &contents[i].value);
    }
    return true;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct filter_native *self = (struct filter_native *)processor;

    if (self->condition)
        condition_renew(self->condition);
    rules_renew(&self->rules);
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_filter_regex_native = {
    .config = BUILTIN_CONFIG("processor_filter_regex_native",
        "Lets logs through whose fields match as a whole.", struct filter_native_options, options,
        &processor_filter_regex_native),
    .create = create,
    .process = process,
    .destroy = destroy,
};
