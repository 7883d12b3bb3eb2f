#include "admin/metrics_text.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <weir/abi.h>
#include "admin/process_stats.h"
#include "base/mem.h"

static void put_head(struct buf *out, const char *name, const char *kind, const char *help)
{
    buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

/* With three escapes. One byte that is no UTF-8 would make Prometheus drop all that the page
 * says. */
static void put_label(struct buf *out, const char *key, const char *text)
{
    buf_printf(out, "%s=\"", key);
    while (*text) {
        if (*text == '"' || *text == '\\' || *text == '\n')
            buf_putc(out, '\\');
        text += buf_put_character(out, *text == '\n' ? "n" : text);
    }
    buf_putc(out, '"');
}

static void put_one(
    struct buf *out, const char *name, const char *kind, const char *help, double value)
{
    put_head(out, name, kind, help);
    buf_printf(out, "%s %.15g\n", name, value);
}

static double seconds(uint64_t ns)
{
    return (double)ns / (double)NS_PER_S;
}

/* -- flushers -- */

struct lane_family {
    const char *name, *kind, *help;
    double (*value)(const struct lane_status *status);
};

#define LANE_VALUE(NAME, EXPRESSION) \
    static double value_##NAME(const struct lane_status *status) \
    { \
        return (double)(EXPRESSION); \
    }

LANE_VALUE(received, status->stats.pushed_logs)
LANE_VALUE(sent, status->stats.delivered_logs)
LANE_VALUE(sent_bytes, status->stats.delivered_bytes)
LANE_VALUE(unsent, status->stats.left_logs)
LANE_VALUE(flushes, status->stats.flushes)
LANE_VALUE(retries, status->stats.retries)
LANE_VALUE(circuit, status->stats.circuit_opens)
LANE_VALUE(in_flight, status->n_flushing + status->n_pending)
LANE_VALUE(oldest, seconds(status->oldest_age_ns))
LANE_VALUE(next, seconds(status->next_attempt_ns))
LANE_VALUE(queue_groups, status->queue_groups)
LANE_VALUE(queue_max_groups, status->queue_max_groups)
LANE_VALUE(queue_bytes, status->queue_bytes)
LANE_VALUE(queue_max_bytes, status->queue_max_bytes)
LANE_VALUE(blocks, status->blocks)
LANE_VALUE(letters, status->stats.letter_logs)
LANE_VALUE(spool_written, status->stats.spooled_logs)
LANE_VALUE(spool_events, status->spool.logs)
LANE_VALUE(spool_bytes, status->spool.bytes)
LANE_VALUE(spool_max_bytes, status->spool.max_bytes)
LANE_VALUE(spool_corrupt, status->spool.bad_records)

static const struct lane_family lane_families[] = {
    {"weir_flusher_received_events_total", "counter", "Logs that came from the pipeline.",
        value_received},
    {"weir_flusher_sent_events_total", "counter", "Logs that were delivered.", value_sent},
    {"weir_flusher_sent_uncompressed_bytes_total", "counter",
        "Bytes of keys and values that were delivered.", value_sent_bytes},
    {"weir_flusher_unsent_events", "gauge", "Logs that are not settled yet.", value_unsent},
    {"weir_flusher_flushes_total", "counter", "Batches given to the flusher, retries included.",
        value_flushes},
    {"weir_flusher_retries_total", "counter", "Batches put off to be sent again.", value_retries},
    {"weir_flusher_circuit_opens_total", "counter",
        "How often the destination was found to be down.", value_circuit},
    {"weir_flusher_inflight_requests", "gauge", "Batches with the flusher now.", value_in_flight},
    {"weir_flusher_oldest_unsent_age_seconds", "gauge", "Age of the oldest log group not settled.",
        value_oldest},
    {"weir_flusher_next_attempt_seconds", "gauge", "How long until something is tried again.",
        value_next},
    {"weir_flusher_dead_letter_events_total", "counter", "Logs that were kept as dead letters.",
        value_letters},
    {"weir_queue_groups", "gauge", "Log groups that wait in memory.", value_queue_groups},
    {"weir_queue_capacity_groups", "gauge", "Bound of weir_queue_groups.", value_queue_max_groups},
    {"weir_queue_bytes", "gauge", "Bytes that wait in memory.", value_queue_bytes},
    {"weir_queue_capacity_bytes", "gauge", "Bound of weir_queue_bytes.", value_queue_max_bytes},
    {"weir_queue_blocks_inputs", "gauge", "1 while the queue is full and inputs wait for it.",
        value_blocks},
    {"weir_spool_written_events_total", "counter", "Logs that were written to the spool.",
        value_spool_written},
    {"weir_spool_events", "gauge", "Logs in the spool.", value_spool_events},
    {"weir_spool_bytes", "gauge", "Bytes in the spool.", value_spool_bytes},
    {"weir_spool_capacity_bytes", "gauge", "Bound of weir_spool_bytes.", value_spool_max_bytes},
    {"weir_spool_corrupt_records_total", "counter", "Damaged records that were set aside.",
        value_spool_corrupt},
};

/* `pipeline="web",flusher="flusher_http/1",type="flusher_http"` of every lane, in order. */
struct labels {
    char **items;
    size_t count;
};

static void make_labels(const struct snapshot *snapshot, struct labels *labels)
{
    size_t capacity = 0;

    *labels = (struct labels){0};
    for (size_t i = 0; i < snapshot->n_pipelines; i++) {
        const struct snapshot_pipeline *pipeline = &snapshot->pipelines[i];
        size_t prefix = strlen(pipeline->name) + 1;

        for (size_t j = 0; j < pipeline->n_lanes; j++) {
            struct buf text = {0};

            put_label(&text, "pipeline", pipeline->name);
            buf_putc(&text, ',');
            put_label(&text, "flusher", pipeline->lanes[j].name + prefix);
            buf_putc(&text, ',');
            put_label(&text, "type", pipeline->lanes[j].type);
            MEM_GROW(labels->items, labels->count, capacity);
            labels->items[labels->count++] = buf_take(&text);
        }
    }
}

static void free_labels(struct labels *labels)
{
    for (size_t i = 0; i < labels->count; i++)
        free(labels->items[i]);
    free((void *)labels->items);
}

#define EACH_LANE(LANE, SNAPSHOT, I) \
    for (size_t p_ = 0, I = 0; p_ < (SNAPSHOT)->n_pipelines; p_++) \
        for (size_t l_ = 0; l_ < (SNAPSHOT)->pipelines[p_].n_lanes && \
                            ((LANE) = &(SNAPSHOT)->pipelines[p_].lanes[l_], 1); \
             l_++, (I)++)

static void put_lane_families(
    const struct snapshot *snapshot, const struct labels *labels, struct buf *out)
{
    const struct snapshot_lane *lane;

    for (size_t f = 0; f < ARRAY_SIZE(lane_families); f++) {
        const struct lane_family *family = &lane_families[f];

        put_head(out, family->name, family->kind, family->help);
        EACH_LANE(lane, snapshot, i)
        buf_printf(
            out, "%s{%s} %.15g\n", family->name, labels->items[i], family->value(&lane->status));
    }
}

static void put_discarded(
    const struct snapshot *snapshot, const struct labels *labels, struct buf *out)
{
    static const char name[] = "weir_flusher_discarded_events_total";
    const struct snapshot_lane *lane;

    put_head(out, name, "counter",
        "Logs given up: rejected by the destination, or by the operator's policy (intentional).");
    EACH_LANE(lane, snapshot, i)
    {
        const struct lane_stats *stats = &lane->status.stats;
        const struct {
            const char *reason, *intentional;
            uint64_t count;
        } rows[] = {
            {"rejected", "false", stats->rejected_logs},
            {"attempts", "true", stats->attempts_logs},
            {"age", "true", stats->age_logs},
            {"queue_full", "true", stats->queue_full_logs},
            {"spool_damaged", "false", stats->spool_bad_logs},
        };

        for (size_t r = 0; r < ARRAY_SIZE(rows); r++)
            buf_printf(out, "%s{%s,reason=\"%s\",intentional=\"%s\"} %" PRIu64 "\n", name,
                labels->items[i], rows[r].reason, rows[r].intentional, rows[r].count);
    }
}

static void put_lane_states(
    const struct snapshot *snapshot, const struct labels *labels, struct buf *out)
{
    const struct snapshot_lane *lane;

    put_head(out, "weir_flusher_state", "gauge", "1 for the state the flusher is in.");
    EACH_LANE(lane, snapshot, i)
    for (int state = 0; state < LANE_N_STATES; state++)
        buf_printf(out, "weir_flusher_state{%s,state=\"%s\"} %d\n", labels->items[i],
            lane_state_name((enum lane_state)state), (int)lane->status.state == state);
}

/* Buckets as the format has them: cumulated. */
static void put_histogram(struct buf *out, const char *name, const char *labels,
    const uint64_t *buckets, uint64_t above, double sum)
{
    const char *comma = labels[0] ? "," : "";
    uint64_t count = 0;

    for (unsigned i = 0; i < METRIC_N_BUCKETS; i++) {
        count += buckets[i];
        buf_printf(out, "%s_bucket{%s%sle=\"%.15g\"} %" PRIu64 "\n", name, labels, comma,
            metric_bucket_bound(i), count);
    }
    count += above;
    buf_printf(out, "%s_bucket{%s%sle=\"+Inf\"} %" PRIu64 "\n", name, labels, comma, count);
    buf_printf(out, labels[0] ? "%s_sum{%s} %.15g\n" : "%s_sum%s %.15g\n", name, labels, sum);
    buf_printf(out, labels[0] ? "%s_count{%s} %" PRIu64 "\n" : "%s_count%s %" PRIu64 "\n", name,
        labels, count);
}

static void put_duration(
    struct buf *out, const char *name, const char *labels, const struct lane_durations *durations)
{
    put_histogram(out, name, labels, durations->buckets, durations->buckets[METRIC_N_BUCKETS],
        seconds(durations->sum_ns));
}

static void put_sends(const struct snapshot *snapshot, const struct labels *labels, struct buf *out)
{
    static const char name[] = "weir_flusher_send_duration_seconds";
    const struct snapshot_lane *lane;

    put_head(out, name, "histogram", "How long it took from flush to its verdict.");
    EACH_LANE(lane, snapshot, i)
    put_duration(out, name, labels->items[i], &lane->status.stats.measures.sends);
}

static bool was_called(const struct lane_durations *durations)
{
    for (size_t i = 0; i < ARRAY_SIZE(durations->buckets); i++)
        if (durations->buckets[i])
            return true;
    return false;
}

/* Only those that have been called: a bucket more is a line more for every flusher. */
static void put_calls(const struct snapshot *snapshot, const struct labels *labels, struct buf *out)
{
    static const char name[] = "weir_flusher_callback_duration_seconds";
    const struct snapshot_lane *lane;

    put_head(out, name, "histogram", "How long calls into the flusher took.");
    EACH_LANE(lane, snapshot, i)
    for (int call = 0; call < LANE_N_CALLS; call++) {
        const struct lane_durations *durations = &lane->status.stats.measures.calls[call];
        SCOPED_FREE char *more = NULL;

        if (!was_called(durations))
            continue;
        more = mem_printf(
            "%s,callback=\"%s\"", labels->items[i], lane_call_name((enum lane_call)call));
        put_duration(out, name, more, durations);
    }
}

/* Only those that have happened. */
static void put_faults(
    const struct snapshot *snapshot, const struct labels *labels, struct buf *out)
{
    static const char name[] = "weir_flusher_errors_total";
    const struct snapshot_lane *lane;

    put_head(out, name, "counter",
        "What went wrong, by the code that weir explain knows and the call where it showed.");
    EACH_LANE(lane, snapshot, i)
    for (int fault = 0; fault < LANE_N_FAULTS; fault++) {
        uint64_t count = lane->status.stats.measures.faults[fault];

        if (count)
            buf_printf(out, "%s{%s,code=\"%s\",stage=\"%s\"} %" PRIu64 "\n", name, labels->items[i],
                lane_fault_code((enum lane_fault)fault), lane_fault_stage((enum lane_fault)fault),
                count);
    }
}

/* -- pipelines -- */

static void put_pipeline_value(
    struct buf *out, const char *name, const struct snapshot_pipeline *pipeline, double value)
{
    buf_printf(out, "%s{", name);
    put_label(out, "pipeline", pipeline->name);
    buf_printf(out, "} %.15g\n", value);
}

static void put_pipeline_info(const struct snapshot *snapshot, struct buf *out)
{
    put_head(out, "weir_pipeline_info", "gauge", "1 for each that runs, with its file's hash.");
    for (size_t i = 0; i < snapshot->n_pipelines; i++) {
        const struct snapshot_pipeline *pipeline = &snapshot->pipelines[i];

        if (!pipeline->config_hash)
            continue;
        buf_puts(out, "weir_pipeline_info{");
        put_label(out, "pipeline", pipeline->name);
        buf_printf(out, ",config_hash=\"%016" PRIx64 "\"} 1\n", pipeline->config_hash);
    }
}

static void put_pipeline_states(const struct snapshot *snapshot, struct buf *out)
{
    put_head(out, "weir_pipeline_state", "gauge", "1 for the state the pipeline is in.");
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        for (int state = 0; state < PIPELINE_N_STATES; state++) {
            buf_puts(out, "weir_pipeline_state{");
            put_label(out, "pipeline", snapshot->pipelines[i].name);
            buf_printf(out, ",state=\"%s\"} %d\n", pipeline_state_name((enum pipeline_state)state),
                (int)snapshot->pipelines[i].state == state);
        }
}

static void put_pipelines(const struct snapshot *snapshot, struct buf *out)
{
    put_pipeline_info(snapshot, out);
    put_pipeline_states(snapshot, out);
    put_head(
        out, "weir_pipeline_config_refused", "gauge", "1 when the file, as it is now, is refused.");
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        put_pipeline_value(out, "weir_pipeline_config_refused", &snapshot->pipelines[i],
            snapshot->pipelines[i].refused != NULL);
    put_head(out, "weir_pipeline_read_events_total", "counter", "Logs that inputs have read.");
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        put_pipeline_value(out, "weir_pipeline_read_events_total", &snapshot->pipelines[i],
            (double)snapshot->pipelines[i].read_logs);
    put_head(out, "weir_pipeline_read_bytes_total", "counter", "Bytes that inputs have read.");
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        put_pipeline_value(out, "weir_pipeline_read_bytes_total", &snapshot->pipelines[i],
            (double)snapshot->pipelines[i].read_bytes);
    put_head(out, "weir_pipeline_inputs_wait", "gauge",
        "1 while inputs wait: a queue is full, or memory is short.");
    for (size_t i = 0; i < snapshot->n_pipelines; i++)
        put_pipeline_value(out, "weir_pipeline_inputs_wait", &snapshot->pipelines[i],
            snapshot->pipelines[i].waits);
}

/* -- the process -- */

static void put_config(const struct reload_history *reloads, struct buf *out)
{
    static const char name[] = "weir_config_reloads_total";

    put_one(out, "weir_config_last_reload_successful", "gauge",
        "1 when everything was as the files say, the last time they were read.",
        reloads->last_good);
    put_one(out, "weir_config_last_reload_success_timestamp_seconds", "gauge",
        "When that was so the last time.", seconds(reloads->last_good_wall_ns));
    put_one(out, "weir_config_last_reload_duration_seconds", "gauge",
        "How long the last reload took.", seconds(reloads->last_took_ns));
    put_head(out, name, "counter", "How often the configuration was read.");
    buf_printf(out, "%s{result=\"success\"} %" PRIu64 "\n", name, reloads->n_good);
    buf_printf(out, "%s{result=\"failure\"} %" PRIu64 "\n", name, reloads->n_bad);
}

static void put_plugin_info(const struct snapshot *snapshot, struct buf *out)
{
    put_head(out, "weir_plugin_info", "gauge", "1 for each plugin that is known.");
    for (size_t i = 0; i < snapshot->n_plugins; i++) {
        const struct snapshot_plugin *plugin = &snapshot->plugins[i];

        buf_puts(out, "weir_plugin_info{");
        put_label(out, "plugin", plugin->name);
        buf_putc(out, ',');
        put_label(out, "version", plugin->version);
        buf_putc(out, ',');
        put_label(out, "file", plugin->path);
        buf_putc(out, ',');
        put_label(out, "sha256", plugin->sha256);
        buf_puts(out, "} 1\n");
    }
}

static void put_process(const struct snapshot *snapshot, struct buf *out)
{
    struct process_stats stats;

    process_stats_read(&stats);
    put_head(out, "weir_build_info", "gauge", "1, with the versions.");
    buf_printf(out, "weir_build_info{version=\"%s\",abi=\"%u.%u\"} 1\n", WEIR_VERSION,
        WEIR_ABI_MAJOR, WEIR_ABI_MINOR);
    put_one(out, "weir_memory_used_bytes", "gauge", "Of the budget for logs in memory.",
        (double)snapshot->memory_used);
    put_one(out, "weir_memory_capacity_bytes", "gauge", "The budget for logs in memory.",
        (double)snapshot->memory_limit);
    put_one(out, "weir_flushers_left_behind_total", "counter",
        "Flushers that hung at a stop or reload and were left behind.",
        (double)snapshot->n_left_behind);
    put_one(out, "process_start_time_seconds", "gauge", "When the process began.",
        seconds(snapshot->wall_ns - snapshot->uptime_ns));
    put_one(
        out, "process_cpu_seconds_total", "counter", "User and system time.", stats.cpu_seconds);
    put_one(out, "process_resident_memory_bytes", "gauge", "Memory that is in use.",
        (double)stats.resident_bytes);
    put_one(out, "process_open_fds", "gauge", "Descriptors that are open.", (double)stats.open_fds);
    put_one(out, "process_max_fds", "gauge", "Bound of process_open_fds.", (double)stats.max_fds);
}

/* -- what plugins measure -- */

static const char *const kind_names[] = {
    [METRIC_COUNTER] = "counter", [METRIC_GAUGE] = "gauge", [METRIC_HISTOGRAM] = "histogram"};

static int by_family(const void *left, const void *right)
{
    const struct metric_view *a = left, *b = right;
    int order = strcmp(a->name, b->name);

    return order ? order : strcmp(a->labels, b->labels);
}

/* A help text is one line of UTF-8. */
static char *help_of(const struct metric_view *view)
{
    struct buf text = {0};

    for (const char *at = view->help; *at;)
        at += buf_put_character(&text, *at == '\n' || *at == '\\' ? " " : at);
    return buf_take(&text);
}

static void put_series(const struct metric_view *view, const char *name, struct buf *out)
{
    if (view->kind == METRIC_HISTOGRAM)
        put_histogram(out, name, view->labels, view->buckets, view->above, view->value);
    else
        buf_printf(out, view->labels[0] ? "%s{%s} %.15g\n" : "%s%s %.15g\n", name, view->labels,
            view->value);
}

/* What built-ins measure has its whole name; a plugin's cannot begin so. */
static bool is_own(const struct metric_view *view)
{
    return !strncmp(view->name, "weir_", 5);
}

static void put_plugins(struct metrics *plugins, struct buf *out)
{
    uint32_t count = plugins ? metrics_count(plugins) : 0;
    struct metric_view *views = mem_calloc(count, sizeof *views);

    for (uint32_t i = 0; i < count; i++)
        views[i] = metrics_view(plugins, i + 1);
    qsort(views, count, sizeof *views, by_family);
    for (uint32_t i = 0; i < count; i++) {
        SCOPED_FREE char *name =
            mem_printf("%s%s", is_own(&views[i]) ? "" : "weir_plugin_", views[i].name);
        SCOPED_FREE char *help = help_of(&views[i]);

        if (!i || strcmp(views[i - 1].name, views[i].name) != 0)
            put_head(out, name, kind_names[views[i].kind], help[0] ? help : "No words were given.");
        put_series(&views[i], name, out);
    }
    free(views);
}

void metrics_text(const struct snapshot *snapshot, struct metrics *plugins, struct buf *out)
{
    struct labels labels;

    make_labels(snapshot, &labels);
    put_process(snapshot, out);
    put_config(&snapshot->reloads, out);
    put_plugin_info(snapshot, out);
    put_pipelines(snapshot, out);
    put_lane_families(snapshot, &labels, out);
    put_discarded(snapshot, &labels, out);
    put_lane_states(snapshot, &labels, out);
    put_sends(snapshot, &labels, out);
    put_calls(snapshot, &labels, out);
    put_faults(snapshot, &labels, out);
    put_plugins(plugins, out);
    free_labels(&labels);
}
