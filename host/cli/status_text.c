#include "cli/status_text.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "cli/spools_text.h"
#include "cli/table.h"
#include "cli/units.h"

static const char *text_of(struct json_object *object, const char *key)
{
    struct json_object *value = json_object_object_get(object, key);

    return value ? json_object_get_string(value) : "";
}

static uint64_t count_of(struct json_object *object, const char *key)
{
    return json_object_get_uint64(json_object_object_get(object, key));
}

static double seconds_of(struct json_object *object, const char *key)
{
    return json_object_get_double(json_object_object_get(object, key));
}

static bool flag_of(struct json_object *object, const char *key)
{
    return json_object_get_boolean(json_object_object_get(object, key));
}

static void put_head(struct json_object *status, struct buf *out)
{
    struct json_object *memory = json_object_object_get(status, "memory");
    char up[24], used[24], limit[24];

    buf_printf(out, "weir %s, pid %s, up %s, data %s, memory %s of %s%s%s\n",
        text_of(status, "version"), text_of(status, "pid"),
        duration_text(seconds_of(status, "uptime"), up), text_of(status, "data"),
        size_text(count_of(memory, "used_bytes"), used),
        size_text(count_of(memory, "limit_bytes"), limit),
        flag_of(status, "loading") ? ", loading" : "",
        flag_of(status, "stopping") ? ", stopping" : "");
}

/* "503 service unavailable, 3.0s ago; next try in 4.0s" */
static void put_error_cell(struct table *table, struct json_object *lane)
{
    struct json_object *error = json_object_object_get(lane, "last_error");
    double next = seconds_of(lane, "next_attempt_in");
    char age[24], in[24], when[64] = "";

    if (next > 0)
        snprintf(when, sizeof when, "%snext try in %s", error ? "; " : "", duration_text(next, in));
    if (!error)
        table_cell(table, "%s", when[0] ? when : "-");
    else
        table_cell(table, "%s %s %s, %s ago%s", text_of(error, "verdict"), text_of(error, "code"),
            text_of(error, "words"), duration_text(seconds_of(error, "age"), age), when);
}

/* "-" when it has none; "1200 (3.0 MiB)", and why it takes no more. */
static void put_spool_cell(struct table *table, struct json_object *spool)
{
    char size[24];

    if (!spool)
        table_cell(table, "-");
    else
        table_cell(table, "%" PRIu64 " (%s)%s%s", count_of(spool, "logs"),
            size_text(count_of(spool, "bytes"), size),
            json_object_object_get(spool, "refusal") ? ", full: " : "", text_of(spool, "refusal"));
}

static void put_lane(struct table *table, struct json_object *lane)
{
    struct json_object *queue = json_object_object_get(lane, "queue");
    struct json_object *logs = json_object_object_get(lane, "logs");
    double oldest = seconds_of(lane, "oldest_unsent_age");
    char size[24], age[24];

    table_cell(table, "%s", text_of(lane, "name"));
    table_cell(table, "%s%s", text_of(lane, "state"), flag_of(lane, "slow") ? ", slow" : "");
    table_cell(table, "%" PRIu64 " (%s)%s", count_of(queue, "groups"),
        size_text(count_of(queue, "bytes"), size), flag_of(queue, "blocks") ? " full" : "");
    put_spool_cell(table, json_object_object_get(lane, "spool"));
    table_cell(table, "%" PRIu64, count_of(logs, "left"));
    table_cell(table, "%s", oldest > 0 ? duration_text(oldest, age) : "-");
    table_cell(table, "%" PRIu64, count_of(logs, "delivered"));
    table_cell(table, "%" PRIu64, count_of(logs, "rejected"));
    table_cell(table, "%" PRIu64, count_of(logs, "dropped"));
    put_error_cell(table, lane);
}

static void put_lanes(struct json_object *pipelines, struct buf *out)
{
    static const char *const heads[] = {"FLUSHER", "STATE", "QUEUE", "SPOOL", "UNSENT", "OLDEST",
        "DELIVERED", "REJECTED", "DROPPED", "LAST ERROR"};
    struct table table = {.n_columns = ARRAY_SIZE(heads)};

    for (size_t i = 0; i < ARRAY_SIZE(heads); i++)
        table_cell(&table, "%s", heads[i]);
    for (size_t i = 0; i < json_object_array_length(pipelines); i++) {
        struct json_object *lanes =
            json_object_object_get(json_object_array_get_idx(pipelines, i), "flushers");

        for (size_t j = 0; j < json_object_array_length(lanes); j++)
            put_lane(&table, json_object_array_get_idx(lanes, j));
    }
    if (table.count > table.n_columns)
        table_print(&table, out);
    table_finish(&table);
}

/* What else there is to say of a pipeline, a line each. */
static void put_notes(struct json_object *pipeline, struct buf *out)
{
    const char *name = text_of(pipeline, "name");

    if (json_object_object_get(pipeline, "refused"))
        buf_printf(out, "%s: refused: %s%s\n", name, text_of(pipeline, "refused"),
            strcmp(text_of(pipeline, "state"), "refused") ? " (what ran before goes on)" : "");
    if (flag_of(pipeline, "inputs_wait"))
        buf_printf(out, "%s: inputs wait: a queue is full, or memory is short\n", name);
    if (json_object_object_get(pipeline, "nothing_read"))
        buf_printf(out, "%s: nothing read yet: %s\n", name, text_of(pipeline, "nothing_read"));
}

void status_text(struct json_object *status, struct buf *out)
{
    struct json_object *pipelines = json_object_object_get(status, "pipelines");

    put_head(status, out);
    if (!json_object_is_type(pipelines, json_type_array))
        return;
    put_lanes(pipelines, out);
    if (count_of(status, "flushers_left_behind"))
        buf_printf(out, "%s flushers of earlier generations hang and were left behind\n",
            text_of(status, "flushers_left_behind"));
    for (size_t i = 0; i < json_object_array_length(pipelines); i++)
        put_notes(json_object_array_get_idx(pipelines, i), out);
    spools_text(json_object_object_get(status, "unused_spools"), out);
}
