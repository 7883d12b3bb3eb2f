#include <weir/flusher.h>

#include "common/pause.h"

#define NS_PER_MS 1000000U

struct sleep_options {
    uint64_t sleep_ms;
};

struct sleep_flusher {
    const struct weir_host *host;
    const struct sleep_options *options;
};

static const struct weir_option sleep_option_rows[] = {
    WEIR_OPTION(struct sleep_options, sleep_ms, "SleepMS", WEIR_OPTION_UINT, 0, "0", NULL,
        "86400000", "milliseconds", "How long each flush takes."),
};

static int sleep_init(void *self, const struct weir_context *context)
{
    struct sleep_flusher *flusher = self;

    flusher->host = context->host;
    flusher->options = context->options;
    return 0;
}

static uint32_t sleep_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct sleep_flusher *flusher = self;

    (void)batch;
    (void)result;
    pause_for(flusher->host, flusher->options->sleep_ms * NS_PER_MS);
    return WEIR_DELIVERED;
}

static const struct weir_flusher_class sleep_class = {
    .struct_size = sizeof(struct weir_flusher_class),
    .type = "flusher_sleep",
    .version = "1.0.0",
    .description = "Takes its time and throws the logs away.",
    .instance_size = sizeof(struct sleep_flusher),
    .options_size = sizeof(struct sleep_options),
    .options = sleep_option_rows,
    .n_options = sizeof sleep_option_rows / sizeof sleep_option_rows[0],
    .option_stride = sizeof(struct weir_option),
    .init = sleep_init,
    .flush = sleep_flush,
};

WEIR_PLUGIN("sleep", "1.0.0", "flusher_sleep", &sleep_class);
