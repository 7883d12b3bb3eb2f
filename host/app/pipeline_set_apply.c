/* What of the set is to be changed: what runs and what the configuration says now, compared. */
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include "app/pipeline_set_private.h"
#include "base/mem.h"

static bool is_readable(const char *path)
{
    struct stat status;
    DIR *folder;

    if (stat(path, &status))
        return false;
    if (!S_ISDIR(status.st_mode))
        return true;
    folder = opendir(path);
    if (folder)
        closedir(folder);
    return folder != NULL;
}

/* A folder that is not there for a moment (a mount that is late) removes nothing. */
static bool lies_in_unreadable(const struct set_slot *slot, const struct configs_request *request)
{
    for (size_t i = 0; i < request->n_paths; i++) {
        size_t size = strlen(request->paths[i]);
        bool below = !strncmp(slot->path, request->paths[i], size) &&
                     (!slot->path[size] || slot->path[size] == '/' ||
                         (size && request->paths[i][size - 1] == '/'));

        if (below && !is_readable(request->paths[i]))
            return true;
    }
    return false;
}

static void set_path(struct set_slot *slot, const char *path)
{
    free(slot->path);
    slot->path = mem_strdup(path);
}

/* It is what it was, also if the file was wrong in between. */
static void take_untouched(struct pipeline_set *set, const char *name, const char *path)
{
    struct set_slot *slot = set_get_slot(set, name);

    set_path(slot, path);
    set->result.n_untouched++;
    free(slot->refused);
    slot->refused = NULL;
}

static void take_refused(struct pipeline_set *set, struct config_entry *entry)
{
    struct set_slot *slot = set_get_slot(set, entry->name);

    set_path(slot, entry->path);
    set_refuse(set, slot, slot->pipeline ? CONFIG_CHANGED : CONFIG_ADDED, take_ptr(entry->why));
}

struct plan {
    const struct pipeline_config **before, **after;
    size_t n_before, n_after;
    struct config_difference *items;
    size_t count;
};

/* What runs and is to be compared: not what stays because its file cannot be read. */
static void gather_before(struct pipeline_set *set, const struct config_set *configs,
    const struct configs_request *request, struct plan *plan)
{
    plan->before = (const struct pipeline_config **)mem_calloc(set->count, sizeof *plan->before);
    for (size_t i = 0; i < set->count; i++) {
        struct set_slot *slot = set->slots[i];
        const struct config_entry *entry = config_set_find(configs, slot->name);

        if (!slot->pipeline && !entry && !lies_in_unreadable(slot, request)) {
            free(slot->refused); /* its file has gone */
            slot->refused = NULL;
        }
        if (!slot->pipeline || (entry && !entry->config) ||
            (!entry && lies_in_unreadable(slot, request)))
            continue;
        plan->before[plan->n_before++] = pipeline_get_config(slot->pipeline);
    }
}

static void gather_after(const struct config_set *configs, struct plan *plan)
{
    plan->after = (const struct pipeline_config **)mem_calloc(configs->count, sizeof *plan->after);
    for (size_t i = 0; i < configs->count; i++)
        if (configs->items[i].config && configs->items[i].config->enable)
            plan->after[plan->n_after++] = configs->items[i].config;
}

static void make_plan(struct pipeline_set *set, const struct config_set *configs,
    const struct configs_request *request, struct plan *plan)
{
    *plan = (struct plan){0};
    gather_before(set, configs, request, plan);
    gather_after(configs, plan);
    plan->items = mem_calloc(plan->n_before + plan->n_after, sizeof *plan->items);
    plan->count =
        config_diff(plan->before, plan->n_before, plan->after, plan->n_after, plan->items);
}

/* The configuration's owner is the plan's from now on. */
static struct pipeline_config *take_config(
    struct config_set *configs, const struct pipeline_config *config)
{
    return config ? take_ptr(config_set_find(configs, config->name)->config) : NULL;
}

static void begin_difference(
    struct pipeline_set *set, const struct config_difference *item, struct config_set *configs)
{
    const struct pipeline_config *one = item->after ? item->after : item->before;
    struct set_slot *slot;

    if (item->change == CONFIG_UNTOUCHED) {
        take_untouched(set, one->name, one->path);
        return;
    }
    slot = set_get_slot(set, one->name);
    if (item->after)
        set_path(slot, item->after->path);
    set_begin_change(set, slot, item->change, take_config(configs, item->after));
}

void pipeline_set_apply(
    struct pipeline_set *set, struct config_set *configs, const struct configs_request *request)
{
    struct plan plan;

    set->applying = true;
    set->n_open = 1; /* this call */
    set->result.problems = take_ptr(configs->problems);
    set->result.n_problems = configs->n_problems;
    configs->n_problems = 0;
    make_plan(set, configs, request, &plan);
    for (size_t i = 0; i < configs->count; i++)
        if (configs->items[i].why)
            take_refused(set, &configs->items[i]);
        else if (configs->items[i].same)
            take_untouched(set, configs->items[i].name, configs->items[i].path);
    for (size_t i = 0; i < plan.count; i++)
        begin_difference(set, &plan.items[i], configs);
    free((void *)plan.before);
    free((void *)plan.after);
    free(plan.items);
    set->n_open--;
    set_finish_if_done(set);
}
