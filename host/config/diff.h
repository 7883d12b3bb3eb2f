/*
 * What changed between two sets of configurations: by meaning, not by text. Spaces,
 * the order of keys, defaults written out, and where the file lies change nothing.
 * Pure; its test is a table.
 */
#ifndef CONFIG_DIFF_H
#define CONFIG_DIFF_H

#include "config/pipeline_config.h"

/* In the order in which they are applied. */
enum config_change {
    CONFIG_REMOVED,
    CONFIG_CHANGED,
    CONFIG_ADDED,
    CONFIG_UNTOUCHED,
};

struct config_difference {
    enum config_change change;
    const struct pipeline_config *before; /* NULL: CONFIG_ADDED */
    const struct pipeline_config *after;  /* NULL: CONFIG_REMOVED */
};

/* Whether a pipeline built from one is the same as one built from the other. */
bool pipeline_config_same(const struct pipeline_config *a, const struct pipeline_config *b);

/* Pairs them by name; names are unique in each set. Writes at most n_before + n_after
 * items, ordered by change and then name, and returns how many. */
size_t config_diff(const struct pipeline_config *const *before, size_t n_before,
    const struct pipeline_config *const *after, size_t n_after,
    struct config_difference *ret_items);

/* "removed", "changed", "added", "untouched"; static. */
const char *config_change_name(enum config_change change);

#endif
