#include <weir/flusher.h>

#include <errno.h>
#include <inttypes.h>
#include <weir/loggroup.h>
#include <weir/words.h>

#include "common/pause.h"

#define NS_PER_MS 1000000U
#define NS_PER_S 1e9
#define BYTES_PER_MB (1024.0 * 1024.0)
#define KEEP_CAPACITY ((size_t)4 << 20) /* bytes of a packed group that are kept for the next */

struct statistics_options {
    uint64_t sleep_ms, interval_ms;
    bool generate_pb;
};

struct counts {
    uint64_t groups, logs;
    uint64_t bytes; /* packed; 0 without GeneratePB */
};

struct statistics {
    const struct weir_host *host;
    const struct statistics_options *options;
    uint32_t groups_total, logs_total, bytes_total; /* metrics */
    uint64_t since_ns;                              /* when `counts` began */
    struct counts counts;
    struct weir_buffer packed;
};

static const struct weir_option statistics_option_rows[] = {
    WEIR_OPTION(struct statistics_options, sleep_ms, "SleepMsPerLogGroup", WEIR_OPTION_UINT, 0, "0",
        NULL, "86400000", "milliseconds", "How long each log group takes."),
    WEIR_OPTION(struct statistics_options, interval_ms, "RateIntervalMs", WEIR_OPTION_UINT, 0,
        "1000", NULL, "86400000", "milliseconds", "The least time between two lines with rates."),
    WEIR_OPTION_BOOL_ROW(struct statistics_options, generate_pb, "GeneratePB", "false",
        "Packs each log group to protobuf, and counts the bytes."),
};

static uint32_t counter(
    const struct weir_host *host, const char *name, const char *unit, const char *help)
{
    return host->metric(host, WEIR_METRIC_COUNTER, name, unit, help);
}

static int statistics_init(void *self, const struct weir_context *context)
{
    struct statistics *statistics = self;
    const struct weir_host *host = context->host;

    statistics->host = host;
    statistics->options = context->options;
    statistics->since_ns = host->now_ns(host);
    statistics->groups_total =
        counter(host, "statistics_groups_total", "groups", "Log groups counted.");
    statistics->logs_total = counter(host, "statistics_logs_total", "logs", "Logs counted.");
    statistics->bytes_total =
        counter(host, "statistics_bytes_total", "bytes", "Bytes of the packed log groups.");
    return 0;
}

/* Adds the bytes of the group as protobuf; packs it, for that takes the time it takes.
 * False when memory is out. */
static bool pack(
    struct statistics *statistics, const struct weir_group *group, struct counts *counts)
{
    struct weir_buffer *packed = &statistics->packed;
    bool done;

    weir_buffer_clear(packed);
    weir_loggroup_append(packed, group);
    done = !packed->failed;
    counts->bytes += packed->size;
    if (packed->capacity > KEEP_CAPACITY)
        weir_buffer_finish(packed);
    return done;
}

static void say_rates(struct statistics *statistics)
{
    const struct weir_host *host = statistics->host;
    const struct counts *counts = &statistics->counts;
    uint64_t now_ns = host->now_ns(host);
    uint64_t passed_ns = now_ns - statistics->since_ns;
    double seconds = (double)passed_ns / NS_PER_S;

    if (!passed_ns || passed_ns < statistics->options->interval_ms * NS_PER_MS)
        return;
    weir_say(host, WEIR_LOG_INFO, "current rate(MB) %.3f log tps %.1f loggroup tps %.1f",
        (double)counts->bytes / BYTES_PER_MB / seconds, (double)counts->logs / seconds,
        (double)counts->groups / seconds);
    statistics->counts = (struct counts){0};
    statistics->since_ns = now_ns;
}

static void count(struct statistics *statistics, const struct counts *more)
{
    const struct weir_host *host = statistics->host;

    statistics->counts.groups += more->groups;
    statistics->counts.logs += more->logs;
    statistics->counts.bytes += more->bytes;
    host->record(host, statistics->groups_total, (double)more->groups);
    host->record(host, statistics->logs_total, (double)more->logs);
    host->record(host, statistics->bytes_total, (double)more->bytes);
}

static uint32_t statistics_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct statistics *statistics = self;
    const struct statistics_options *options = statistics->options;
    struct counts counts = {.groups = batch->n_groups};

    for (uint32_t i = 0; i < batch->n_groups; i++) {
        counts.logs += batch->groups[i]->n_logs;
        if (options->generate_pb && !pack(statistics, batch->groups[i], &counts)) {
            weir_explain(result, ENOMEM, "no memory to pack a log group");
            return WEIR_RETRY;
        }
        pause_for(statistics->host, options->sleep_ms * NS_PER_MS);
    }
    count(statistics, &counts);
    say_rates(statistics);
    return WEIR_DELIVERED;
}

static int statistics_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct statistics *statistics = self;

    (void)deadline_ns;
    (void)result;
    weir_buffer_finish(&statistics->packed);
    return 0;
}

static const struct weir_flusher_class statistics_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .type = "flusher_statistics",
    .version = "1.0.0",
    .description = "Logs how much comes through per second, and throws it away.",
    .instance_size = sizeof(struct statistics),
    .options_size = sizeof(struct statistics_options),
    .options = statistics_option_rows,
    .n_options = sizeof statistics_option_rows / sizeof statistics_option_rows[0],
    .option_stride = sizeof(struct weir_option),
    .init = statistics_init,
    .flush = statistics_flush,
    .stop = statistics_stop,
};

WEIR_PLUGIN("statistics", "1.0.0", "flusher_statistics", &statistics_class);
