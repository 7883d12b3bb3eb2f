#include "process/condition.h"

#include <json-c/json.h>
#include <stdio.h>
#include "base/mem.h"
#include "process/rules.h"

enum condition_kind { KIND_REGEX, KIND_NOT, KIND_AND, KIND_OR };

struct condition {
    enum condition_kind kind;
    char *key;         /* KIND_REGEX, as the next */
    struct rules rule; /* one */
    struct condition *operands[2];
};

void condition_destroy(struct condition *condition)
{
    if (!condition)
        return;
    rules_finish(&condition->rule);
    free(condition->key);
    condition_destroy(condition->operands[0]);
    condition_destroy(condition->operands[1]);
    free(condition);
}

static const char *text_of(struct json_object *object, const char *key)
{
    struct json_object *value = json_object_object_get(object, key);

    return json_object_is_type(value, json_type_string) ? json_object_get_string(value) : NULL;
}

static struct condition *make(
    struct json_object *object, unsigned depth, char *why, size_t why_max);

static bool make_regex(
    struct condition *condition, struct json_object *object, char *why, size_t why_max)
{
    const char *key = text_of(object, "key"), *expression = text_of(object, "exp");
    const char *type = text_of(object, "type");

    if (!key || !expression || (type && strcasecmp(type, "regex") != 0)) {
        snprintf(why, why_max,
            "ConditionExp: %s is neither a key, an exp and the type regex, nor an operator and "
            "its operands",
            json_object_to_json_string_ext(object, JSON_C_TO_STRING_NOSLASHESCAPE));
        return false;
    }
    condition->key = mem_strdup(key);
    return rules_add(&condition->rule, "ConditionExp",
        (struct weir_kv){str_of(condition->key), str_of(expression)}, PATTERN_WHOLE, why, why_max);
}

static bool make_operator(struct condition *condition, struct json_object *object, unsigned depth,
    char *why, size_t why_max)
{
    static const char *const names[] = {[KIND_NOT] = "not", [KIND_AND] = "and", [KIND_OR] = "or"};
    const char *name = text_of(object, "operator");
    struct json_object *operands = json_object_object_get(object, "operands");
    size_t count =
        json_object_is_type(operands, json_type_array) ? json_object_array_length(operands) : 0;

    for (condition->kind = KIND_NOT; condition->kind <= KIND_OR; condition->kind++)
        if (!strcasecmp(name, names[condition->kind]))
            break;
    if (condition->kind > KIND_OR || count != (condition->kind == KIND_NOT ? 1 : 2)) {
        snprintf(why, why_max,
            "ConditionExp: \"%s\" with %zu operands; and, or have two, not has one", name, count);
        return false;
    }
    for (size_t i = 0; i < count; i++) {
        condition->operands[i] =
            make(json_object_array_get_idx(operands, i), depth + 1, why, why_max);
        if (!condition->operands[i])
            return false;
    }
    return true;
}

static struct condition *make(struct json_object *object, unsigned depth, char *why, size_t why_max)
{
    struct condition *condition;
    bool made;

    if (depth > CONDITION_DEPTH_MAX || !json_object_is_type(object, json_type_object)) {
        snprintf(why, why_max,
            depth > CONDITION_DEPTH_MAX ? "ConditionExp is nested in more than %u levels"
                                        : "ConditionExp and its operands are objects",
            CONDITION_DEPTH_MAX);
        return NULL;
    }
    condition = mem_zalloc(sizeof *condition);
    made = text_of(object, "operator") ? make_operator(condition, object, depth, why, why_max)
                                       : make_regex(condition, object, why, why_max);
    if (made)
        return condition;
    condition_destroy(condition);
    return NULL;
}

struct condition *condition_create(struct weir_str json, char *why, size_t why_max)
{
    struct json_tokener *tokener = json_tokener_new_ex(2 * CONDITION_DEPTH_MAX + 4);
    struct json_object *object = json_tokener_parse_ex(tokener, json.data, (int)json.size + 1);
    struct condition *condition = make(object, 1, why, why_max);

    json_object_put(object);
    json_tokener_free(tokener);
    return condition;
}

void condition_renew(const struct condition *condition)
{
    rules_renew(&condition->rule);
    for (int i = 0; i < 2; i++)
        if (condition->operands[i])
            condition_renew(condition->operands[i]);
}

static bool field_matches(
    const struct condition *condition, const struct weir_log *log, struct failures *failures)
{
    uint32_t i = log_find(log, condition->rule.items[0].key);

    return i < log->n_contents &&
           rule_matches(&condition->rule.items[0], log->contents[i].value, failures);
}

bool condition_holds(
    const struct condition *condition, const struct weir_log *log, struct failures *failures)
{
    struct condition *const *operands = condition->operands;

    switch (condition->kind) {
    case KIND_NOT:
        return !condition_holds(operands[0], log, failures);
    case KIND_AND:
        return condition_holds(operands[0], log, failures) &&
               condition_holds(operands[1], log, failures);
    case KIND_OR:
        return condition_holds(operands[0], log, failures) ||
               condition_holds(operands[1], log, failures);
    default:
        return field_matches(condition, log, failures);
    }
}
