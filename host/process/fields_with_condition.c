/* processor_fields_with_condition: the first case that holds says what is added or dropped. */
#include "process/builtin.h"

#include "base/mem.h"
#include "process/filter.h"
#include "process/keys.h"
#include "process/rules.h"

/* Upstream writes its defaults as the empty word. */
enum logical { LOGICAL_AND, LOGICAL_OR, LOGICAL_EMPTY };
enum relation {
    RELATION_EQUALS,
    RELATION_REGEXP,
    RELATION_CONTAINS,
    RELATION_STARTWITH,
    RELATION_EMPTY,
};
enum action { ACTION_ADD_FIELDS, ACTION_DROP };

struct case_options {
    uint32_t logical_operator, relation_operator;
    struct weir_str_map field_conditions;
};

struct action_options {
    uint32_t type;
    bool ignore_if_exist;
    struct weir_str_map fields;
    struct weir_str_list drop_keys;
};

struct switch_options {
    struct case_options when;
    struct weir_object_list actions; /* struct action_options */
};

struct fields_with_condition_options {
    bool drop_if_not_match_condition;
    struct weir_object_list cases; /* struct switch_options */
};

/* One case, made ready. */
struct prepared {
    const struct switch_options *given;
    struct rules rules;      /* of RELATION_REGEXP */
    struct weir_kv **to_add; /* by action: copies of its fields in the batch; NULL: not yet */
};

struct fields_with_condition {
    struct processor processor; /* first */
    const struct fields_with_condition_options *options;
    struct prepared *cases;
    struct failures failures;
};

static const char *const logicals[] = {"and", "or", "", NULL};
static const char *const relations[] = {"equals", "regexp", "contains", "startwith", "", NULL};
static const char *const actions[] = {"processor_add_fields", "processor_drop", NULL};

static const struct weir_option case_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct case_options, logical_operator, "LogicalOperator", logicals, "and",
        "Whether all of FieldConditions must hold, or one."),
    WEIR_OPTION_ENUM_ROW(struct case_options, relation_operator, "RelationOperator", relations,
        "equals", "How a field is compared with what FieldConditions has for its key."),
    WEIR_OPTION(struct case_options, field_conditions, "FieldConditions", WEIR_OPTION_STRING_MAP, 0,
        NULL, NULL, NULL, NULL,
        "Keys, and the texts or regular expressions that their fields are held against."),
};

static const struct weir_option action_rows[] = {
    WEIR_OPTION_ENUM_ROW(struct action_options, type, "type", actions, "processor_add_fields",
        "What to do with the log: append Fields, or remove DropKeys."),
    WEIR_OPTION_BOOL_ROW(struct action_options, ignore_if_exist, "IgnoreIfExist", "false",
        "Leave out a field whose key the log already has."),
    WEIR_OPTION(struct action_options, fields, "Fields", WEIR_OPTION_STRING_MAP, 0, NULL, NULL,
        NULL, NULL, "Keys and values to append."),
    WEIR_OPTION(struct action_options, drop_keys, "DropKeys", WEIR_OPTION_STRING_LIST, 0, NULL,
        NULL, NULL, NULL, "Keys of the fields to remove."),
};

static const struct weir_option switch_rows[] = {
    WEIR_OPTION_OBJECT_ROW(
        struct switch_options, when, "Case", 0, case_rows, struct case_options, "The condition."),
    WEIR_OPTION_OBJECT_LIST_ROW(struct switch_options, actions, "Actions", 0, action_rows,
        struct action_options, "What is done, in this order, when it holds."),
};

static const struct weir_option options[] = {
    WEIR_OPTION_BOOL_ROW(struct fields_with_condition_options, drop_if_not_match_condition,
        "DropIfNotMatchCondition", "false", "Drop logs for which no case holds."),
    WEIR_OPTION_OBJECT_LIST_ROW(struct fields_with_condition_options, cases, "Switch", 0,
        switch_rows, struct switch_options,
        "Cases, tried from the first; only the first that holds counts."),
};

static void destroy(struct processor *processor)
{
    struct fields_with_condition *self = (struct fields_with_condition *)processor;

    for (size_t i = 0; i < self->options->cases.count; i++) {
        rules_finish(&self->cases[i].rules);
        free((void *)self->cases[i].to_add);
    }
    free(self->cases);
    free(self);
}

static bool prepare(
    struct prepared *prepared, const struct switch_options *given, char *why, size_t why_max)
{
    prepared->given = given;
    prepared->to_add =
        (struct weir_kv **)mem_calloc(given->actions.count, sizeof *prepared->to_add);
    if (given->when.relation_operator != RELATION_REGEXP)
        return true;
    return rules_add_map(&prepared->rules, "FieldConditions", &given->when.field_conditions,
        PATTERN_LINE_DOT, why, why_max);
}

static struct processor *create(const struct processor_context *context, char *why, size_t why_max)
{
    struct fields_with_condition *self = mem_zalloc(sizeof *self);
    const struct switch_options *given;

    self->processor.class = &processor_fields_with_condition;
    self->options = context->config->options->values;
    self->cases = mem_calloc(self->options->cases.count, sizeof *self->cases);
    failures_init(&self->failures, context);
    given = self->options->cases.items;
    for (size_t i = 0; i < self->options->cases.count; i++)
        if (!prepare(&self->cases[i], &given[i], why, why_max)) {
            destroy(&self->processor);
            return NULL;
        }
    return &self->processor;
}

static bool condition_holds(
    const struct prepared *prepared, size_t i, struct weir_str value, struct failures *failures)
{
    struct weir_str wanted = prepared->given->when.field_conditions.items[i].value;

    switch (prepared->given->when.relation_operator) {
    case RELATION_REGEXP:
        return rule_matches(&prepared->rules.items[i], value, failures);
    case RELATION_CONTAINS:
        return !wanted.size || (value.size >= wanted.size &&
                                   memmem(value.data, value.size, wanted.data, wanted.size));
    case RELATION_STARTWITH:
        return value.size >= wanted.size &&
               str_equal((struct weir_str){value.data, wanted.size}, wanted);
    default:
        return str_equal(value, wanted);
    }
}

static bool case_holds(
    const struct prepared *prepared, const struct weir_log *log, struct failures *failures)
{
    const struct weir_str_map *conditions = &prepared->given->when.field_conditions;
    size_t n_held = 0;

    for (uint32_t i = 0; i < log->n_contents; i++)
        for (size_t j = 0; j < conditions->count; j++)
            if (str_equal(conditions->items[j].key, log->contents[i].key)) {
                n_held += condition_holds(prepared, j, log->contents[i].value, failures);
                break;
            }
    return prepared->given->when.logical_operator == LOGICAL_OR
               ? n_held > 0
               : conditions->count && n_held == conditions->count;
}

static void add_fields(struct batch *batch, struct weir_log *log,
    const struct action_options *action, const struct weir_kv *fields)
{
    uint32_t n_before = log->n_contents;

    batch_reserve(batch, log, (uint32_t)action->fields.count);
    for (size_t i = 0; i < action->fields.count; i++)
        if (!action->ignore_if_exist || log_find(log, fields[i].key) >= n_before)
            batch_add_content(batch, log, fields[i].key, fields[i].value);
}

static void act(struct prepared *prepared, struct batch *batch, struct weir_log *log)
{
    const struct action_options *action = prepared->given->actions.items;

    for (size_t i = 0; i < prepared->given->actions.count; i++, action++) {
        if (action->type == ACTION_DROP) {
            keys_remove(log, &action->drop_keys);
            continue;
        }
        if (!prepared->to_add[i])
            prepared->to_add[i] = pairs_copy(batch, &action->fields);
        add_fields(batch, log, action, prepared->to_add[i]);
    }
}

static bool keeps(struct processor *processor, struct batch *batch, struct weir_log *log)
{
    struct fields_with_condition *self = (struct fields_with_condition *)processor;

    for (size_t i = 0; i < self->options->cases.count; i++)
        if (case_holds(&self->cases[i], log, &self->failures)) {
            act(&self->cases[i], batch, log);
            return true;
        }
    return !self->options->drop_if_not_match_condition;
}

static void process(struct processor *processor, struct batch *batch)
{
    struct fields_with_condition *self = (struct fields_with_condition *)processor;

    for (size_t i = 0; i < self->options->cases.count; i++) {
        struct prepared *prepared = &self->cases[i];

        rules_renew(&prepared->rules);
        for (size_t j = 0; j < prepared->given->actions.count; j++)
            prepared->to_add[j] = NULL;
    }
    filter_logs(processor, batch, keeps);
    failures_report(&self->failures, processor);
}

const struct processor_class processor_fields_with_condition = {
    .config = BUILTIN_CONFIG("processor_fields_with_condition",
        "Adds or drops fields, or drops logs, by conditions on fields.",
        struct fields_with_condition_options, options, &processor_fields_with_condition),
    .create = create,
    .process = process,
    .destroy = destroy,
};
