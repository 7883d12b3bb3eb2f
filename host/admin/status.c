#include "admin/status.h"

#include <weir/flusher.h>
#include "admin/control.h"
#include "admin/json.h"
#include "admin/spools.h"
#include "app/app.h"
#include "app/snapshot.h"

static const char *verdict_name(uint32_t verdict)
{
    return verdict == WEIR_REJECTED ? "rejected" : verdict == WEIR_BROKEN ? "broken" : "retry";
}

static struct json_object *error_json(const struct lane_error *error, uint64_t wall_ns)
{
    struct json_object *object;

    if (!error->wall_ns)
        return NULL;
    object = json_object_new_object();
    json_put_seconds(object, "age", wall_ns > error->wall_ns ? wall_ns - error->wall_ns : 0);
    json_put_seconds(object, "time", error->wall_ns);
    json_put_text(object, "verdict", verdict_name(error->verdict));
    json_put_count(object, "attempt", error->attempt);
    json_object_object_add(object, "code", json_object_new_int(error->code));
    json_put_text(object, "words", error->text);
    return object;
}

static struct json_object *queue_json(const struct lane_status *status)
{
    struct json_object *object = json_object_new_object();

    json_put_count(object, "groups", status->queue_groups);
    json_put_count(object, "max_groups", status->queue_max_groups);
    json_put_count(object, "bytes", status->queue_bytes);
    json_put_count(object, "max_bytes", status->queue_max_bytes);
    json_put_flag(object, "blocks", status->blocks);
    return object;
}

static struct json_object *spool_json(const struct lane_status *status)
{
    const struct spool_status *spool = &status->spool;
    struct json_object *object;

    if (!status->has_spool)
        return NULL;
    object = json_object_new_object();
    json_put_count(object, "staged_groups", status->staged_groups);
    json_put_count(object, "groups", spool->records);
    json_put_count(object, "logs", spool->logs);
    json_put_count(object, "bytes", spool->bytes);
    json_put_count(object, "max_bytes", spool->max_bytes);
    json_put_count(object, "file_bytes", spool->file_bytes);
    json_put_count(object, "refusals", spool->refusals);
    json_put_text(object, "refusal", spool->error[0] ? spool->error : NULL);
    json_put_count(object, "bad_records", spool->bad_records);
    return object;
}

static struct json_object *counts_json(const struct lane_stats *stats)
{
    struct json_object *object = json_object_new_object();

    json_put_count(object, "received", stats->pushed_logs);
    json_put_count(object, "delivered", stats->delivered_logs);
    json_put_count(object, "delivered_bytes", stats->delivered_bytes);
    json_put_count(object, "rejected", stats->rejected_logs);
    json_put_count(object, "dropped", stats->dropped_logs);
    json_put_count(object, "dropped_attempts", stats->attempts_logs);
    json_put_count(object, "dropped_age", stats->age_logs);
    json_put_count(object, "dropped_queue_full", stats->queue_full_logs);
    json_put_count(object, "left", stats->left_logs);
    json_put_count(object, "spooled", stats->spooled_logs);
    json_put_count(object, "spool_damaged", stats->spool_bad_logs);
    json_put_count(object, "flushes", stats->flushes);
    json_put_count(object, "retries", stats->retries);
    return object;
}

static struct json_object *lane_json(const struct snapshot_lane *lane, uint64_t wall_ns)
{
    const struct lane_status *status = &lane->status;
    struct json_object *object = json_object_new_object();

    json_put_text(object, "name", lane->name);
    json_put_text(object, "type", lane->type);
    json_put_text(object, "state", lane_state_name(status->state));
    json_put_flag(object, "slow", status->slow);
    json_put_text(object, "circuit", status->circuit);
    json_put_count(object, "failures_in_a_row", status->failures);
    json_object_object_add(object, "queue", queue_json(status));
    json_object_object_add(object, "spool", spool_json(status));
    json_put_count(object, "retrying_batches", status->n_retries);
    json_put_count(object, "flushing_batches", status->n_flushing);
    json_put_count(object, "pending_batches", status->n_pending);
    json_put_seconds(object, "oldest_unsent_age", status->oldest_age_ns);
    json_put_seconds(object, "next_attempt_in", status->next_attempt_ns);
    json_put_seconds(object, "call_age", status->call_age_ns);
    json_object_object_add(object, "last_error", error_json(&status->last_error, wall_ns));
    json_object_object_add(object, "logs", counts_json(&status->stats));
    return object;
}

static struct json_object *pipeline_json(const struct snapshot_pipeline *pipeline, uint64_t wall_ns)
{
    struct json_object *object = json_object_new_object();
    struct json_object *lanes = json_object_new_array();

    json_put_text(object, "name", pipeline->name);
    json_put_text(object, "path", pipeline->path);
    json_put_text(object, "state", pipeline_state_name(pipeline->state));
    json_put_text(object, "refused", pipeline->refused);
    json_put_count(object, "read_logs", pipeline->read_logs);
    json_put_count(object, "read_bytes", pipeline->read_bytes);
    json_put_flag(object, "inputs_wait", pipeline->waits);
    json_put_text(object, "nothing_read",
        pipeline->nothing_read && pipeline->nothing_read[0] ? pipeline->nothing_read : NULL);
    for (size_t i = 0; i < pipeline->n_lanes; i++)
        json_object_array_add(lanes, lane_json(&pipeline->lanes[i], wall_ns));
    json_object_object_add(object, "flushers", lanes);
    return object;
}

static struct json_object *reloads_json(const struct snapshot *snapshot)
{
    const struct reload_history *history = &snapshot->reloads;
    struct json_object *object = json_object_new_object();

    json_put_flag(object, "last_successful", history->last_good);
    json_put_seconds(object, "last_time", history->last_wall_ns);
    json_put_seconds(object, "last_took", history->last_took_ns);
    json_put_seconds(object, "last_success_time", history->last_good_wall_ns);
    json_put_count(object, "successful", history->n_good);
    json_put_count(object, "failed", history->n_bad);
    return object;
}

static struct json_object *memory_json(const struct snapshot *snapshot)
{
    struct json_object *object = json_object_new_object();

    json_put_count(object, "used_bytes", snapshot->memory_used);
    json_put_count(object, "limit_bytes", snapshot->memory_limit);
    return object;
}

struct json_object *status_json(const struct snapshot *snapshot)
{
    struct json_object *object = json_object_new_object();
    struct json_object *pipelines = json_object_new_array();

    json_put_text(object, "version", WEIR_VERSION);
    json_put_count(object, "pid", (uint64_t)snapshot->pid);
    json_put_seconds(object, "uptime", snapshot->uptime_ns);
    json_put_text(object, "data", snapshot->data_dir);
    json_put_flag(object, "stopping", snapshot->stopping);
    json_put_flag(object, "loading", snapshot->loading);
    json_put_count(object, "flushers_left_behind", snapshot->n_left_behind);
    json_object_object_add(object, "memory", memory_json(snapshot));
    json_object_object_add(object, "reloads", reloads_json(snapshot));
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        json_object_array_add(pipelines, pipeline_json(&snapshot->pipelines[i], snapshot->wall_ns));
    json_object_object_add(object, "pipelines", pipelines);
    json_object_object_add(object, "unused_spools", unused_spools_json(snapshot));
    return object;
}

void status_command(struct control_request *request)
{
    struct snapshot *snapshot = app_snapshot(control_app(request));

    control_answer(request, status_json(snapshot));
    snapshot_destroy(snapshot);
}
