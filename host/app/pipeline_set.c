#include "app/pipeline_set.h"

#include <string.h>
#include "app/pipeline_set_private.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

struct pipeline_set *pipeline_set_create(const struct pipeline_set_spec *spec)
{
    struct pipeline_set *set = mem_zalloc(sizeof *set);

    set->spec = *spec;
    return set;
}

static void slot_destroy(struct set_slot *slot)
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

struct set_slot *set_get_slot(struct pipeline_set *set, const char *name)
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
        struct set_slot *slot = set->slots[i];

        if (slot->pipeline || slot->refused || slot->change)
            set->slots[kept++] = slot;
        else
            slot_destroy(slot);
    }
    set->count = kept;
}

/* -- one change -- */

static void tell_of(const struct set_slot *slot, const struct reload_item *item)
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

void set_finish_if_done(struct pipeline_set *set)
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

void set_refuse(struct pipeline_set *set, struct set_slot *slot, enum config_change kind, char *why)
{
    struct reload_item *item = reload_result_add(&set->result, slot->name, kind);

    item->why = mem_strdup(why);
    free(slot->refused);
    slot->refused = why;
    set->result.n_refused++;
    tell_of(slot, item);
}

static void change_done(struct change *change)
{
    struct pipeline_set *set = change->owner;
    struct set_slot *slot = change->item;
    struct reload_item *item;

    slot->change = NULL;
    free(slot->flushers);
    slot->flushers = NULL;
    if (change->why) {
        set_refuse(set, slot, change->kind, take_ptr(change->why));
    } else {
        item = reload_result_add(&set->result, slot->name, change->kind);
        item->n_hanging = change->n_hanging;
        item->n_left_logs = change->n_left_logs;
        set->n_left_behind += change->n_hanging;
        slot->pipeline = change->after;
        pipeline_destroy(change->before);
        free(slot->refused);
        slot->refused = NULL;
        tell_of(slot, item);
    }
    free(change);
    set->n_open--;
    set_finish_if_done(set);
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

void set_begin_change(struct pipeline_set *set, struct set_slot *slot, enum config_change kind,
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

void pipeline_set_give_up_changes(struct pipeline_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct set_slot *slot = set->slots[i];

        if (!slot->change)
            continue;
        log_error("a flusher hangs while its pipeline is changed, and is left behind",
            LOG_STR("pipeline", slot->name),
            LOG_STR("change", config_change_name(slot->change->kind)),
            LOG_STR("flusher", slot->flushers));
        change_give_up(slot->change);
    }
}
