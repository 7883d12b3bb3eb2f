/* What is seen of the set from outside. */
#include "app/pipeline_set_private.h"
#include "base/buf.h"
#include "base/log.h"
#include "base/mem.h"

bool pipeline_set_is_applying(const struct pipeline_set *set)
{
    return set->applying;
}

size_t pipeline_set_known(const struct pipeline_set *set, struct known_config **ret_known)
{
    struct known_config *known = mem_calloc(set->count, sizeof *known);
    size_t count = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct set_slot *slot = set->slots[i];

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

static enum pipeline_state state_of(const struct set_slot *slot, bool stopping)
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
        const struct set_slot *slot = set->slots[i];
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
