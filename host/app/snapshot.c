#include "app/snapshot.h"

#include <stdlib.h>
#include "base/mem.h"
#include "pipeline/pipeline.h"

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
    ret->read_logs = totals.read_logs;
    ret->read_bytes = totals.read_bytes;
    ret->waits = pipeline_waits(pipeline);
    ret->n_lanes = pipeline_n_lanes(pipeline);
    ret->lanes = mem_calloc(ret->n_lanes, sizeof *ret->lanes);
    for (size_t i = 0; i < ret->n_lanes; i++)
        take_lane(&ret->lanes[i], pipeline_lane(pipeline, i));
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
    free(snapshot->pipelines);
    free(snapshot->data_dir);
    free(snapshot);
}
