#include "app/snapshot.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "delivery/spools.h"
#include "pipeline/pipeline.h"
#include "plugin/descriptor.h"
#include "plugin/registry.h"

static const char *const state_names[PIPELINE_N_STATES] = {
    [PIPELINE_STARTING] = "starting",
    [PIPELINE_RUNNING] = "running",
    [PIPELINE_CHANGING] = "changing",
    [PIPELINE_STOPPING] = "stopping",
    [PIPELINE_REFUSED] = "refused",
};

const char *pipeline_state_name(enum pipeline_state state)
{
    return state < PIPELINE_N_STATES ? state_names[state] : "unknown";
}

static void take_lane(struct snapshot_lane *ret, struct lane *lane)
{
    ret->name = mem_strdup(lane_name(lane));
    ret->type = mem_strdup(lane_type(lane));
    lane_get_status(lane, &ret->status);
}

void snapshot_take_pipeline(struct snapshot_pipeline *ret, struct pipeline *pipeline)
{
    struct pipeline_totals totals;

    pipeline_get_totals(pipeline, &totals);
    ret->config_hash = pipeline_get_config(pipeline)->digest;
    ret->read_logs = totals.read_logs;
    ret->read_bytes = totals.read_bytes;
    ret->waits = pipeline_waits(pipeline);
    ret->n_lanes = pipeline_n_lanes(pipeline);
    ret->lanes = mem_calloc(ret->n_lanes, sizeof *ret->lanes);
    for (size_t i = 0; i < ret->n_lanes; i++)
        take_lane(&ret->lanes[i], pipeline_lane(pipeline, i));
}

void snapshot_take_plugins(struct snapshot *snapshot, struct registry *registry)
{
    struct registry_entry entry;
    size_t capacity = 0;

    for (size_t i = 0; registry_entry(registry, i, &entry); i++) {
        if (!entry.descriptor || !entry.path)
            continue;
        MEM_GROW(snapshot->plugins, snapshot->n_plugins, capacity);
        snapshot->plugins[snapshot->n_plugins++] = (struct snapshot_plugin){
            mem_strdup(entry.descriptor->name), mem_strdup(entry.descriptor->version),
            mem_strdup(entry.path), mem_strdup(entry.digest ? entry.digest : "")};
    }
}

bool snapshot_uses_spool(const struct snapshot *snapshot, const char *name)
{
    for (size_t i = 0; i < snapshot->n_pipelines; i++) {
        const struct snapshot_pipeline *pipeline = &snapshot->pipelines[i];

        for (size_t j = 0; j < pipeline->n_lanes; j++)
            if (!strcmp(pipeline->lanes[j].name, name))
                return pipeline->lanes[j].status.has_spool;
    }
    return false;
}

void snapshot_take_spools(struct snapshot *snapshot, const struct spools_left *left)
{
    snapshot->spools = mem_calloc(left->count, sizeof *snapshot->spools);
    snapshot->n_more_spools = left->n_more;
    for (size_t i = 0; i < left->count; i++) {
        const struct spool_left *from = &left->items[i];
        uint64_t oldest_ns = from->oldest_wall_ns;

        if (snapshot_uses_spool(snapshot, from->lane))
            continue;
        snapshot->spools[snapshot->n_spools++] = (struct snapshot_spool){
            .name = mem_strdup(from->lane),
            .logs = from->logs,
            .bytes = from->bytes,
            .oldest_age_ns =
                oldest_ns && oldest_ns < snapshot->wall_ns ? snapshot->wall_ns - oldest_ns : 0,
            .why = from->why ? mem_strdup(from->why) : NULL,
        };
    }
}

static void finish_pipeline(struct snapshot_pipeline *pipeline)
{
    for (size_t i = 0; i < pipeline->n_lanes; i++) {
        free(pipeline->lanes[i].name);
        free(pipeline->lanes[i].type);
    }
    free(pipeline->lanes);
    free(pipeline->name);
    free(pipeline->path);
    free(pipeline->refused);
    free(pipeline->nothing_read);
}

void snapshot_destroy(struct snapshot *snapshot)
{
    if (!snapshot)
        return;
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        finish_pipeline(&snapshot->pipelines[i]);
    for (size_t i = 0; i < snapshot->n_plugins; i++) {
        free(snapshot->plugins[i].name);
        free(snapshot->plugins[i].version);
        free(snapshot->plugins[i].path);
        free(snapshot->plugins[i].sha256);
    }
    for (size_t i = 0; i < snapshot->n_spools; i++) {
        free(snapshot->spools[i].name);
        free(snapshot->spools[i].why);
    }
    free(snapshot->spools);
    free(snapshot->plugins);
    free(snapshot->pipelines);
    free(snapshot->data_dir);
    free(snapshot);
}
