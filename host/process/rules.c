#include "process/rules.h"

#include <stdio.h>
#include "base/mem.h"
#include "event/batch.h"

struct pattern *pattern_of_option(
    const char *option, struct weir_str text, unsigned flags, char *why, size_t why_max)
{
    char reason[PATTERN_WHY_MAX];
    struct pattern *pattern = pattern_create(text, flags, reason, sizeof reason);

    if (!pattern)
        snprintf(why, why_max, "%s, %s", option, reason);
    return pattern;
}

bool rules_add(struct rules *rules, const char *option, struct weir_kv rule, unsigned flags,
    char *why, size_t why_max)
{
    SCOPED_FREE char *name = mem_printf("%s of %.*s", option, (int)rule.key.size, rule.key.data);
    struct pattern *pattern = pattern_of_option(name, rule.value, flags, why, why_max);

    if (!pattern)
        return false;
    rules->items = mem_realloc(rules->items, rules->count + 1, sizeof *rules->items);
    rules->items[rules->count++] = (struct rule){rule.key, pattern};
    return true;
}

bool rules_add_map(struct rules *rules, const char *option, const struct weir_str_map *map,
    unsigned flags, char *why, size_t why_max)
{
    for (size_t i = 0; i < map->count; i++)
        if (!rules_add(rules, option, map->items[i], flags, why, why_max))
            return false;
    return true;
}

void rules_finish(struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        pattern_destroy(rules->items[i].pattern);
    free(rules->items);
    *rules = (struct rules){0};
}

void rules_renew(const struct rules *rules)
{
    for (size_t i = 0; i < rules->count; i++)
        pattern_renew(rules->items[i].pattern);
}

const struct rule *rules_find(const struct rules *rules, struct weir_str key)
{
    for (size_t i = 0; i < rules->count; i++)
        if (str_equal(rules->items[i].key, key))
            return &rules->items[i];
    return NULL;
}

bool rule_matches(const struct rule *rule, struct weir_str text, struct failures *failures)
{
    const struct pattern_span *spans;
    enum pattern_result result = pattern_match(rule->pattern, text, &spans);

    if (result == PATTERN_TOO_HARD)
        failures_add(failures, true, "the regular expression took too many steps", text);
    return result == PATTERN_MATCH;
}
