#include "config/diff.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"

static bool same_text(const char *a, const char *b)
{
    return !a || !b ? a == b : !strcmp(a, b);
}

/* Canonical JSON with defaults and all references resolved, so a secret that was
 * exchanged is seen. */
static bool same_options(const struct options *a, const struct options *b)
{
    if (!a || !b)
        return a == b;
    return a->json_size == b->json_size && !memcmp(a->json, b->json, a->json_size);
}

static bool same_component(const struct component_config *a, const struct component_config *b)
{
    return a->class == b->class && same_text(a->name, b->name) &&
           same_options(a->options, b->options) && a->interval_ms == b->interval_ms &&
           same_text(a->delivery_json, b->delivery_json) && same_text(a->project, b->project) &&
           same_text(a->logstore, b->logstore) && a->logstore_key == b->logstore_key;
}

static bool same_section(const struct component_list *a, const struct component_list *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++)
        if (!same_component(&a->items[i], &b->items[i]))
            return false;
    return true;
}

bool pipeline_config_same(const struct pipeline_config *a, const struct pipeline_config *b)
{
    if (!same_text(a->name, b->name) || a->enable != b->enable ||
        !same_options(a->global.options, b->global.options))
        return false;
    for (int i = 0; i < CONFIG_N_SECTIONS; i++)
        if (!same_section(&a->sections[i], &b->sections[i]))
            return false;
    return true;
}

static int by_name(const void *left, const void *right)
{
    const struct pipeline_config *const *a = left, *const *b = right;

    return strcmp((*a)->name, (*b)->name);
}

static const struct pipeline_config **sorted(
    const struct pipeline_config *const *configs, size_t count)
{
    const struct pipeline_config **copy =
        (const struct pipeline_config **)mem_calloc(count, sizeof *copy);

    if (count)
        memcpy((void *)copy, (const void *)configs, count * sizeof *copy);
    qsort((void *)copy, count, sizeof *copy, by_name);
    return copy;
}

static int by_change(const void *left, const void *right)
{
    const struct config_difference *a = left, *b = right;
    const char *name_a = (a->after ? a->after : a->before)->name;
    const char *name_b = (b->after ? b->after : b->before)->name;

    return a->change != b->change ? (int)a->change - (int)b->change : strcmp(name_a, name_b);
}

static struct config_difference pair(
    const struct pipeline_config *before, const struct pipeline_config *after)
{
    enum config_change change = !after                                ? CONFIG_REMOVED
                                : !before                             ? CONFIG_ADDED
                                : pipeline_config_same(before, after) ? CONFIG_UNTOUCHED
                                                                      : CONFIG_CHANGED;

    return (struct config_difference){change, before, after};
}

size_t config_diff(const struct pipeline_config *const *before, size_t n_before,
    const struct pipeline_config *const *after, size_t n_after, struct config_difference *ret_items)
{
    const struct pipeline_config **old = sorted(before, n_before), **new = sorted(after, n_after);
    size_t i = 0, j = 0, count = 0;

    while (i < n_before || j < n_after) {
        int order = i == n_before ? 1 : j == n_after ? -1 : strcmp(old[i]->name, new[j]->name);

        ret_items[count++] = pair(order <= 0 ? old[i] : NULL, order >= 0 ? new[j] : NULL);
        i += order <= 0;
        j += order >= 0;
    }
    qsort(ret_items, count, sizeof *ret_items, by_change);
    free((void *)old);
    free((void *)new);
    return count;
}

const char *config_change_name(enum config_change change)
{
    static const char *const names[] = {
        [CONFIG_REMOVED] = "removed",
        [CONFIG_CHANGED] = "changed",
        [CONFIG_ADDED] = "added",
        [CONFIG_UNTOUCHED] = "untouched",
    };

    return names[change];
}
