#include "aggregate/complaint.h"

#include "base/clock.h"
#include "base/util.h"

#define REPORT_INTERVAL_NS (10 * NS_PER_S)

void complaint_report(struct complaint *complaint, const struct aggregator_context *context)
{
    uint64_t suppressed;

    complaint->limit.interval_ns = REPORT_INTERVAL_NS;
    if (!complaint->n_logs || !log_limit_pass(&complaint->limit, clock_now_ns(), &suppressed))
        return;
    log_warn(complaint->message, LOG_STR("pipeline", context->pipeline),
        LOG_STR("aggregator", context->config->name), LOG_INT("logs", complaint->n_logs));
    complaint->n_logs = 0;
}
