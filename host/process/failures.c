#include "process/failures.h"

#include "base/clock.h"
#include "base/util.h"

#define REPORT_INTERVAL_NS (10 * NS_PER_S)
#define SAMPLE_BYTES_MAX 512U /* as upstream cuts it */

void failures_init(struct failures *failures, const struct processor_context *context)
{
    *failures = (struct failures){
        .context = *context,
        .limit.interval_ns = REPORT_INTERVAL_NS,
    };
}

void failures_add(struct failures *failures, bool tell, const char *message, struct weir_str sample)
{
    failures->n_counted++;
    if (!tell)
        return;
    failures->n_untold++;
    if (failures->message)
        return;
    failures->message = message;
    failures->sample = sample;
}

static void write_line(struct failures *failures)
{
    uint64_t suppressed;

    if (!log_limit_pass(&failures->limit, clock_now_ns(), &suppressed))
        return;
    log_warn(failures->message, LOG_STR("pipeline", failures->context.pipeline),
        LOG_STR("processor", failures->context.config->name),
        LOG_INT("failed_logs", failures->n_untold),
        LOG_BYTES("sample", failures->sample.data, MIN(failures->sample.size, SAMPLE_BYTES_MAX)));
    failures->n_untold = 0;
}

void failures_report(struct failures *failures, struct processor *processor)
{
    processor->n_failed += failures->n_counted;
    failures->n_counted = 0;
    if (failures->message)
        write_line(failures);
    failures->message = NULL;
}
