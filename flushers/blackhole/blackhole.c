#include <weir/flusher.h>

struct blackhole {
    const struct weir_host *host;
    uint32_t groups, logs, bytes; /* metrics */
};

static uint32_t counter(
    const struct weir_host *host, const char *name, const char *unit, const char *help)
{
    return host->metric(host, WEIR_METRIC_COUNTER, name, unit, help);
}

static int blackhole_init(void *self, const struct weir_context *context)
{
    struct blackhole *blackhole = self;
    const struct weir_host *host = context->host;

    blackhole->host = host;
    blackhole->groups = counter(host, "blackhole_groups_total", "groups", "Groups thrown away.");
    blackhole->logs = counter(host, "blackhole_logs_total", "logs", "Logs thrown away.");
    blackhole->bytes =
        counter(host, "blackhole_bytes_total", "bytes", "Bytes of keys and values thrown away.");
    return 0;
}

static uint32_t blackhole_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct blackhole *blackhole = self;
    const struct weir_host *host = blackhole->host;
    uint64_t logs = 0, bytes = 0;

    (void)result;
    for (uint32_t i = 0; i < batch->n_groups; i++) {
        logs += batch->groups[i]->n_logs;
        bytes += batch->groups[i]->bytes;
    }
    host->record(host, blackhole->groups, batch->n_groups);
    host->record(host, blackhole->logs, (double)logs);
    host->record(host, blackhole->bytes, (double)bytes);
    return WEIR_DELIVERED;
}

static const struct weir_flusher_class blackhole_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .flags = WEIR_CONCURRENT,
    .type = "flusher_blackhole",
    .version = "1.0.0",
    .description = "Counts what it gets and throws it away.",
    .instance_size = sizeof(struct blackhole),
    .option_stride = sizeof(struct weir_option),
    .init = blackhole_init,
    .flush = blackhole_flush,
};

WEIR_PLUGIN("blackhole", "1.0.0", "flusher_blackhole", &blackhole_class);
