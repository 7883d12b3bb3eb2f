#include "process/tally.h"

#include "base/log.h"
#include "base/metric.h"

/* Most processors never need a series, so there are not thousands of zeroes. */
static void record(
    const struct tally *tally, uint32_t *series, const char *name, const char *help, uint64_t count)
{
    if (!tally->metrics)
        return;
    if (!*series) {
        SCOPED_FREE char *labels =
            metric_labels("pipeline", tally->pipeline, "processor", tally->processor);

        *series = metrics_get(tally->metrics, METRIC_COUNTER, name, "logs", help, labels);
    }
    metrics_record(tally->metrics, *series, (double)count);
}

void tally_update(struct tally *tally, const struct processor *processor)
{
    if (processor->n_failed != tally->n_failed)
        record(tally, &tally->failed, "weir_processor_failed_logs_total",
            "Logs that a processor could not work on.", processor->n_failed - tally->n_failed);
    if (processor->n_dropped != tally->n_dropped)
        record(tally, &tally->dropped, "weir_processor_dropped_logs_total",
            "Logs that a processor took out, as it was told to.",
            processor->n_dropped - tally->n_dropped);
    tally->n_failed = processor->n_failed;
    tally->n_dropped = processor->n_dropped;
}

void tally_tell(const struct tally *tally)
{
    if (tally->n_failed || tally->n_dropped)
        log_info("processor ended", LOG_STR("pipeline", tally->pipeline),
            LOG_STR("processor", tally->processor), LOG_INT("failed_logs", tally->n_failed),
            LOG_INT("dropped_logs", tally->n_dropped));
}
