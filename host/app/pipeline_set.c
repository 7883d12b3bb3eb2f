#include "app/pipeline_set.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include "app/change.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

/* One name. */
struct slot {
    char *name, *path;
    struct pipeline *pipeline; /* that runs; NULL: none */
    char *refused;             /* why the file, as it was read last, does not run; NULL */
    struct change *change;     /* that is under way */
    char *flushers;            /* of it, for the log */
};

struct pipeline_set {
    struct pipeline_set_spec spec;
    struct slot **slots; /* by name */
    size_t count, capacity;
    uint64_t n_left_behind;

    bool applying;
    size_t n_open; /* changes under way */
    struct reload_result result;
};

struct pipeline_set *pipeline_set_create(const struct pipeline_set_spec *spec)
{
    struct pipeline_set *set = mem_zalloc(sizeof *set);

    set->spec = *spec;
    return set;
}

static void slot_destroy(struct slot *slot)
{
    free(slot->name);
    free(slot->path);
    free(slot->refused);
    free(slot->flushers);
    free(slot);
}

void pipeline_set_destroy(struct pipeline_set *set)
{
    if (!set)
        return;
    for (size_t i = 0; i < set->count; i++) {
        pipeline_destroy(set->slots[i]->pipeline);
        slot_destroy(set->slots[i]);
    }
    reload_result_finish(&set->result);
    free((void *)set->slots);
    free(set);
}

/* Where that name is, or would be. */
static size_t place_of(const struct pipeline_set *set, const char *name)
{
    size_t low = 0, high = set->count;

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (strcmp(set->slots[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static struct slot *get_slot(struct pipeline_set *set, const char *name)
{
    size_t at = place_of(set, name);

    if (at < set->count && !strcmp(set->slots[at]->name, name))
        return set->slots[at];
    MEM_GROW(set->slots, set->count, set->capacity);
    memmove((void *)(set->slots + at + 1), (void *)(set->slots + at),
        (set->count - at) * sizeof *set->slots);
    set->slots[at] = mem_zalloc(sizeof *set->slots[at]);
    set->slots[at]->name = mem_strdup(name);
    set->count++;
    return set->slots[at];
}

/* Names of which nothing is left. */
static void drop_empty_slots(struct pipeline_set *set)
{
    size_t kept = 0;

    for (size_t i = 0; i < set->count; i++) {
        struct slot *slot = set->slots[i];

        if (slot->pipeline || slot->refused || slot->change)
            set->slots[kept++] = slot;
        else
            slot_destroy(slot);
    }
    set->count = kept;
}

/* -- one change -- */

static void tell_of(const struct slot *slot, const struct reload_item *item)
{
    if (item->why)
        log_error(slot->pipeline ? "pipeline refused; what ran before goes on" : "pipeline refused",
            LOG_STR("pipeline", slot->name), LOG_STR("why", item->why));
    else if (item->n_left_logs)
        log_warn("pipeline removed before all was delivered; the rest stays in its sources",
            LOG_STR("pipeline", slot->name), LOG_INT("logs", item->n_left_logs));
    else
        log_debug("pipeline", LOG_STR("pipeline", slot->name),
            LOG_STR("change", config_change_name(item->change)));
}

static void finish_if_done(struct pipeline_set *set)
{
    struct reload_result result;

    if (set->n_open)
        return;
    drop_empty_slots(set);
    set->applying = false;
    result = set->result;
    set->result = (struct reload_result){0};
    set->spec.applied(set->spec.owner, &result);
}

static void refuse(struct pipeline_set *set, struct slot *slot, enum config_change kind, char *why)
{
    struct reload_item *item = reload_result_add(&set->result, slot->name, kind);

    item->why = mem_strdup(why);
    free(slot->refused);
    slot->refused = why;
    set->result.n_refused++;
}

static void change_done(struct change *change)
{
    struct pipeline_set *set = change->owner;
    struct slot *slot = change->item;
    struct reload_item *item;

    slot->change = NULL;
    free(slot->flushers);
    slot->flushers = NULL;
    if (change->why) {
        refuse(set, slot, change->kind, take_ptr(change->why));
        item = &set->result.items[set->result.count - 1];
    } else {
        item = reload_result_add(&set->result, slot->name, change->kind);
        item->n_hanging = change->n_hanging;
        item->n_left_logs = change->n_left_logs;
        set->n_left_behind += change->n_hanging;
        slot->pipeline = change->after;
        pipeline_destroy(change->before);
        free(slot->refused);
        slot->refused = NULL;
    }
    tell_of(slot, item);
    free(change);
    set->n_open--;
    finish_if_done(set);
}

/* "flusher_http/1, flusher_file/1" */
static char *flusher_names(const struct pipeline_config *config)
{
    const struct component_list *list = &config->sections[CONFIG_FLUSHER];
    struct buf names = {0};

    for (size_t i = 0; i < list->count; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", list->items[i].name);
    return buf_take(&names);
}

static void begin_change(struct pipeline_set *set, struct slot *slot, enum config_change kind,
    struct pipeline_config *config)
{
    struct change *change = mem_zalloc(sizeof *change);

    change->kind = kind;
    change->shared = set->spec.shared;
    change->place =
        slot->pipeline ? pipeline_get_place(slot->pipeline) : ingest_place(set->spec.ingest);
    change->patience_ns = set->spec.patience_ns;
    change->config = config;
    change->before = slot->pipeline;
    change->done = change_done;
    change->owner = set;
    change->item = slot;
    slot->change = change;
    slot->flushers = flusher_names(config ? config : pipeline_get_config(slot->pipeline));
    set->n_open++;
    change_begin(change, set->spec.jobs);
}

/* -- all of them -- */

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
static bool lies_in_unreadable(const struct slot *slot, const struct configs_request *request)
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

static void set_path(struct slot *slot, const char *path)
{
    free(slot->path);
    slot->path = mem_strdup(path);
}

/* It is what it was, also if the file was wrong in between. */
static void take_untouched(struct pipeline_set *set, const char *name, const char *path)
{
    struct slot *slot = get_slot(set, name);

    set_path(slot, path);
    set->result.n_untouched++;
    free(slot->refused);
    slot->refused = NULL;
}

static void take_refused(struct pipeline_set *set, struct config_entry *entry)
{
    struct slot *slot = get_slot(set, entry->name);

    set_path(slot, entry->path);
    refuse(set, slot, slot->pipeline ? CONFIG_CHANGED : CONFIG_ADDED, take_ptr(entry->why));
    tell_of(slot, &set->result.items[set->result.count - 1]);
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
        struct slot *slot = set->slots[i];
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
    struct slot *slot;

    if (item->change == CONFIG_UNTOUCHED) {
        take_untouched(set, one->name, one->path);
        return;
    }
    slot = get_slot(set, one->name);
    if (item->after)
        set_path(slot, item->after->path);
    begin_change(set, slot, item->change, take_config(configs, item->after));
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
    finish_if_done(set);
}

bool pipeline_set_is_applying(const struct pipeline_set *set)
{
    return set->applying;
}

/* -- looking -- */

void pipeline_set_tell_unfinished(const struct pipeline_set *set)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->slots[i]->change)
            log_error("a flusher hangs while its pipeline is changed, and is left behind",
                LOG_STR("pipeline", set->slots[i]->name),
                LOG_STR("change", config_change_name(set->slots[i]->change->kind)),
                LOG_STR("flusher", set->slots[i]->flushers));
}

size_t pipeline_set_known(const struct pipeline_set *set, struct known_config **ret_known)
{
    struct known_config *known = mem_calloc(set->count, sizeof *known);
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct slot *slot = set->slots[i];

        if (slot->pipeline && !slot->change)
            known[count++] = (struct known_config){
                mem_strdup(slot->name), pipeline_get_config(slot->pipeline)->digest};
    }
    *ret_known = known;
    return count;
}

void pipeline_set_free_known(struct known_config *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(known[i].name);
    free(known);
}

size_t pipeline_set_running(const struct pipeline_set *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->count; i++)
        n += set->slots[i]->pipeline != NULL;
    return n;
}

size_t pipeline_set_refused(const struct pipeline_set *set)
{
    size_t n = 0;

    for (size_t i = 0; i < set->count; i++)
        n += set->slots[i]->refused != NULL;
    return n;
}

char *pipeline_set_refused_names(const struct pipeline_set *set)
{
    struct buf names = {0};
    size_t n = 0;

    for (size_t i = 0; i < set->count; i++) {
        if (!set->slots[i]->refused)
            continue;
        if (n++ < PIPELINE_SET_NAMED_MAX)
            buf_printf(&names, "%s%s", n > 1 ? ", " : "", set->slots[i]->name);
    }
    if (n > PIPELINE_SET_NAMED_MAX)
        buf_printf(&names, " and %zu more", n - PIPELINE_SET_NAMED_MAX);
    return buf_take(&names);
}

uint64_t pipeline_set_left_behind(const struct pipeline_set *set)
{
    return set->n_left_behind;
}

void pipeline_set_each(struct pipeline_set *set,
    void (*visit)(void *context, struct pipeline *pipeline), void *context)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->slots[i]->pipeline && !set->slots[i]->change)
            visit(context, set->slots[i]->pipeline);
}

static enum pipeline_state state_of(const struct slot *slot, bool stopping)
{
    if (slot->change)
        return slot->change->kind == CONFIG_ADDED     ? PIPELINE_STARTING
               : slot->change->kind == CONFIG_REMOVED ? PIPELINE_STOPPING
                                                      : PIPELINE_CHANGING;
    if (!slot->pipeline)
        return PIPELINE_REFUSED;
    return stopping ? PIPELINE_STOPPING : PIPELINE_RUNNING;
}

/* Why those that have read nothing have not. */
static void explain_silent(struct pipeline_set *set, struct snapshot *snapshot)
{
    struct pipeline **silent = (struct pipeline **)mem_calloc(set->count, sizeof *silent);
    char **texts = mem_calloc(set->count, sizeof(char *));
    size_t count = 0, at = 0;

    for (size_t i = 0; i < set->count; i++)
        if (set->slots[i]->pipeline && !snapshot->pipelines[i].read_logs)
            silent[count++] = set->slots[i]->pipeline;
    pipelines_explain(silent, count, texts);
    for (size_t i = 0; i < set->count; i++)
        if (set->slots[i]->pipeline && !snapshot->pipelines[i].read_logs)
            snapshot->pipelines[i].nothing_read = texts[at++];
    free((void *)silent);
    free((void *)texts);
}

void pipeline_set_snapshot(struct pipeline_set *set, bool stopping, struct snapshot *snapshot)
{
    snapshot->pipelines = mem_calloc(set->count, sizeof *snapshot->pipelines);
    snapshot->n_pipelines = set->count;
    for (size_t i = 0; i < set->count; i++) {
        const struct slot *slot = set->slots[i];
        struct snapshot_pipeline *to = &snapshot->pipelines[i];

        to->name = mem_strdup(slot->name);
        to->path = mem_strdup(slot->path);
        to->state = state_of(slot, stopping);
        to->refused = slot->refused ? mem_strdup(slot->refused) : NULL;
        if (slot->pipeline)
            snapshot_take_pipeline(to, slot->pipeline);
    }
    explain_silent(set, snapshot);
}
