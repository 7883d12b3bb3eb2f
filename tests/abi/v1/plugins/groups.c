/* Everything that a batch and its groups hold, one line for each log; and calls of the
 * host's that a plain flusher makes. */
#include "lines.h"

struct groups_options {
    struct weir_str path;
};

struct groups {
    const struct weir_host *host;
    const struct groups_options *options;
    struct lines out;
    uint32_t logs_total; /* metrics */
    uint32_t age_seconds;
};

static const struct weir_option groups_rows[] = {
    WEIR_OPTION_STRING_ROW(struct groups_options, path, "FilePath", WEIR_REQUIRED, NULL,
        "The file that lines are appended to."),
};

static int groups_init(void *self, const struct weir_context *context)
{
    struct groups *groups = self;
    const struct weir_host *host = context->host;
    const struct weir_str words = {"opened", 6};
    const struct weir_field field = {{"lane", 4}, context->lane};

    groups->host = host;
    groups->options = context->options;
    groups->logs_total =
        host->metric(host, WEIR_METRIC_COUNTER, "v1_logs_written_total", "logs", "Logs written.");
    groups->age_seconds = host->metric(
        host, WEIR_METRIC_HISTOGRAM, "v1_age_seconds", "seconds", "Age of each first log.");
    if (host->log_enabled(host, WEIR_LOG_INFO))
        host->log(host, WEIR_LOG_INFO, words, &field, 1);
    return 0;
}

static void put_head(
    struct lines *out, const struct weir_batch *batch, const struct weir_group *group)
{
    lines_text(out, "{");
    lines_member(out, "project", batch->project);
    lines_member(out, "logstore", batch->logstore);
    lines_member(out, "config", batch->config);
    lines_member(out, "topic", group->topic);
    lines_member(out, "category", group->category);
    lines_member(out, "source", group->source);
    lines_text(out, "\"tags\":");
    lines_pairs(out, group->tags, group->n_tags);
    lines_text(out, ",\"log\":");
}

static void put_group(
    struct lines *out, const struct weir_batch *batch, const struct weir_group *group)
{
    for (uint32_t i = 0; i < group->n_logs; i++) {
        put_head(out, batch, group);
        lines_log(out, weir_log_at(group, i));
        if (out->size)
            out->size--; /* its line end */
        lines_text(out, "}\n");
    }
}

static void observe_age(const struct groups *groups, const struct weir_group *group)
{
    uint64_t now_s = groups->host->wall_ns(groups->host) / 1000000000u;

    if (group->n_logs && weir_log_at(group, 0)->time_s <= now_s)
        groups->host->record(
            groups->host, groups->age_seconds, (double)(now_s - weir_log_at(group, 0)->time_s));
}

static uint32_t groups_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct groups *groups = self;
    uint64_t n_logs = 0;
    uint32_t verdict;

    for (uint32_t g = 0; g < batch->n_groups; g++) {
        put_group(&groups->out, batch, batch->groups[g]);
        observe_age(groups, batch->groups[g]);
        n_logs += batch->groups[g]->n_logs;
    }
    groups->host->alive(groups->host);
    verdict = lines_send(&groups->out, groups->options->path.data, result);
    if (verdict == WEIR_DELIVERED)
        groups->host->record(groups->host, groups->logs_total, (double)n_logs);
    return verdict;
}

static int groups_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct groups *groups = self;

    (void)deadline_ns;
    (void)result;
    free(groups->out.data);
    return 0;
}

static const struct weir_flusher_class groups_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_FS_WRITE,
    .type = "flusher_v1_groups",
    .version = "1.0.0",
    .description = "Writes all that a batch holds to a file.",
    .instance_size = sizeof(struct groups),
    .options_size = sizeof(struct groups_options),
    .options = groups_rows,
    .n_options = sizeof groups_rows / sizeof groups_rows[0],
    .option_stride = sizeof groups_rows[0],
    .init = groups_init,
    .flush = groups_flush,
    .stop = groups_stop,
};

WEIR_PLUGIN("v1_groups", "1.0.0", "flusher_v1_groups", &groups_class);
