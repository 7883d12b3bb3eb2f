#include "app/snapshot.h"

#include <stdlib.h>
#include "base/mem.h"
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
    free(snapshot->plugins);
    free(snapshot->pipelines);
    free(snapshot->data_dir);
    free(snapshot);
}
