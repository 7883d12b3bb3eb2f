/*
 * Regular expressions for the values of certain keys. Belongs to one thread.
 */
#ifndef PROCESS_RULES_H
#define PROCESS_RULES_H

#include <weir/option.h>
#include "base/pattern.h"
#include "process/failures.h"

/* pattern_create; `why` begins with the option's name. */
struct pattern *pattern_of_option(
    const char *option, struct weir_str text, unsigned flags, char *why, size_t why_max);

struct rule {
    struct weir_str key; /* borrowed from the options */
    struct pattern *pattern;
};

/* Zeroed: none. */
struct rules {
    struct rule *items;
    size_t count;
};

/* Adds one; `option` is what the expression is called in `why`. False: it is wrong. */
bool rules_add(struct rules *rules, const char *option, struct weir_kv rule, unsigned flags,
    char *why, size_t why_max);
/* Adds all pairs of a map. */
bool rules_add_map(struct rules *rules, const char *option, const struct weir_str_map *map,
    unsigned flags, char *why, size_t why_max);
void rules_finish(struct rules *rules);
/* Before each batch. */
void rules_renew(const struct rules *rules);

/* The rule for a key, NULL if there is none. */
const struct rule *rules_find(const struct rules *rules, struct weir_str key);

/* Whether a text matches. Given up for its cost counts as a failure, and as no. */
bool rule_matches(const struct rule *rule, struct weir_str text, struct failures *failures);

#endif
