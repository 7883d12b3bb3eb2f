#include "admin/status.h"

#include <stdbool.h>
#include <weir/flusher.h>
#include "admin/control.h"
#include "app/app.h"
#include "app/snapshot.h"
#include "base/util.h"

static void put_text(struct json_object *to, const char *key, const char *text)
{
    json_object_object_add(to, key, text ? json_object_new_string(text) : NULL);
}

static void put_count(struct json_object *to, const char *key, uint64_t number)
{
    json_object_object_add(to, key, json_object_new_uint64(number));
}

static void put_flag(struct json_object *to, const char *key, bool flag)
{
    json_object_object_add(to, key, json_object_new_boolean(flag));
}

/* To the millisecond. */
static void put_seconds(struct json_object *to, const char *key, uint64_t ns)
{
    struct json_object *number = json_object_new_double((double)ns / (double)NS_PER_S);

    json_object_set_serializer(
        number, json_object_double_to_json_string, (char *)(uintptr_t) "%.3f", NULL);
    json_object_object_add(to, key, number);
}

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
    put_seconds(object, "age", wall_ns > error->wall_ns ? wall_ns - error->wall_ns : 0);
    put_seconds(object, "time", error->wall_ns);
    put_text(object, "verdict", verdict_name(error->verdict));
    put_count(object, "attempt", error->attempt);
    json_object_object_add(object, "code", json_object_new_int(error->code));
    put_text(object, "words", error->text);
    return object;
}

static struct json_object *queue_json(const struct lane_status *status)
{
    struct json_object *object = json_object_new_object();

    put_count(object, "groups", status->queue_groups);
    put_count(object, "max_groups", status->queue_max_groups);
    put_count(object, "bytes", status->queue_bytes);
    put_count(object, "max_bytes", status->queue_max_bytes);
    put_flag(object, "blocks", status->blocks);
    return object;
}

static struct json_object *spool_json(const struct lane_status *status)
{
    const struct spool_status *spool = &status->spool;
    struct json_object *object;

    if (!status->has_spool)
        return NULL;
    object = json_object_new_object();
    put_count(object, "staged_groups", status->staged_groups);
    put_count(object, "groups", spool->records);
    put_count(object, "logs", spool->logs);
    put_count(object, "bytes", spool->bytes);
    put_count(object, "max_bytes", spool->max_bytes);
    put_count(object, "file_bytes", spool->file_bytes);
    put_count(object, "refusals", spool->refusals);
    put_text(object, "refusal", spool->error[0] ? spool->error : NULL);
    put_count(object, "bad_records", spool->bad_records);
    return object;
}

static struct json_object *counts_json(const struct lane_stats *stats)
{
    struct json_object *object = json_object_new_object();

    put_count(object, "received", stats->pushed_logs);
    put_count(object, "delivered", stats->delivered_logs);
    put_count(object, "delivered_bytes", stats->delivered_bytes);
    put_count(object, "rejected", stats->rejected_logs);
    put_count(object, "dropped", stats->dropped_logs);
    put_count(object, "dropped_attempts", stats->attempts_logs);
    put_count(object, "dropped_age", stats->age_logs);
    put_count(object, "dropped_queue_full", stats->queue_full_logs);
    put_count(object, "left", stats->left_logs);
    put_count(object, "spooled", stats->spooled_logs);
    put_count(object, "spool_damaged", stats->spool_bad_logs);
    put_count(object, "flushes", stats->flushes);
    put_count(object, "retries", stats->retries);
    return object;
}

static struct json_object *lane_json(const struct snapshot_lane *lane, uint64_t wall_ns)
{
    const struct lane_status *status = &lane->status;
    struct json_object *object = json_object_new_object();

    put_text(object, "name", lane->name);
    put_text(object, "type", lane->type);
    put_text(object, "state", lane_state_name(status->state));
    put_flag(object, "slow", status->slow);
    put_text(object, "circuit", status->circuit);
    put_count(object, "failures_in_a_row", status->failures);
    json_object_object_add(object, "queue", queue_json(status));
    json_object_object_add(object, "spool", spool_json(status));
    put_count(object, "retrying_batches", status->n_retries);
    put_count(object, "flushing_batches", status->n_flushing);
    put_count(object, "pending_batches", status->n_pending);
    put_seconds(object, "oldest_unsent_age", status->oldest_age_ns);
    put_seconds(object, "next_attempt_in", status->next_attempt_ns);
    put_seconds(object, "call_age", status->call_age_ns);
    json_object_object_add(object, "last_error", error_json(&status->last_error, wall_ns));
    json_object_object_add(object, "logs", counts_json(&status->stats));
    return object;
}

static struct json_object *pipeline_json(const struct snapshot_pipeline *pipeline, uint64_t wall_ns)
{
    struct json_object *object = json_object_new_object();
    struct json_object *lanes = json_object_new_array();

    put_text(object, "name", pipeline->name);
    put_text(object, "path", pipeline->path);
    put_text(object, "state", pipeline_state_name(pipeline->state));
    put_text(object, "refused", pipeline->refused);
    put_count(object, "read_logs", pipeline->read_logs);
    put_count(object, "read_bytes", pipeline->read_bytes);
    put_flag(object, "inputs_wait", pipeline->waits);
    put_text(object, "nothing_read", pipeline->nothing_read);
    for (size_t i = 0; i < pipeline->n_lanes; i++)
        json_object_array_add(lanes, lane_json(&pipeline->lanes[i], wall_ns));
    json_object_object_add(object, "flushers", lanes);
    return object;
}

static struct json_object *memory_json(const struct snapshot *snapshot)
{
    struct json_object *object = json_object_new_object();

    put_count(object, "used_bytes", snapshot->memory_used);
    put_count(object, "limit_bytes", snapshot->memory_limit);
    return object;
}

struct json_object *status_json(const struct snapshot *snapshot)
{
    struct json_object *object = json_object_new_object();
    struct json_object *pipelines = json_object_new_array();

    put_text(object, "version", WEIR_VERSION);
    put_count(object, "pid", (uint64_t)snapshot->pid);
    put_seconds(object, "uptime", snapshot->uptime_ns);
    put_text(object, "data", snapshot->data_dir);
    put_flag(object, "stopping", snapshot->stopping);
    json_object_object_add(object, "memory", memory_json(snapshot));
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        json_object_array_add(pipelines, pipeline_json(&snapshot->pipelines[i], snapshot->wall_ns));
    json_object_object_add(object, "pipelines", pipelines);
    return object;
}

void status_command(struct control_request *request)
{
    struct snapshot *snapshot = app_snapshot(control_app(request));

    control_answer(request, status_json(snapshot));
    snapshot_destroy(snapshot);
}
