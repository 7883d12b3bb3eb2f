#include "app/once_report.h"

#include "app/app.h"
#include "app/pipeline_set.h"
#include "base/log.h"
#include "base/util.h"

static void report_lane(struct lane *lane, struct lane_stats *sum)
{
    struct lane_stats stats;

    lane_get_stats(lane, &stats);
    log_info("done", LOG_STR("flusher", lane_name(lane)),
        LOG_INT("delivered", stats.delivered_logs), LOG_INT("rejected", stats.rejected_logs),
        LOG_INT("dropped", stats.dropped_logs), LOG_INT("left", stats.left_logs),
        LOG_INT("retries", stats.retries));
    lane_stats_add(sum, &stats);
}

static void report_reading(struct pipeline *pipeline, struct lane_stats *sum)
{
    struct pipeline_totals totals;
    SCOPED_FREE char *why = NULL;

    pipeline_get_totals(pipeline, &totals);
    pipelines_explain(&pipeline, 1, &why);
    if (!totals.read_logs || why[0])
        log_warn(
            "nothing was read", LOG_STR("pipeline", pipeline_name(pipeline)), LOG_STR("why", why));
    sum->dropped_logs += totals.aggregator_dropped_logs;
}

static void report(void *context, struct pipeline *pipeline)
{
    report_reading(pipeline, context);
    for (size_t i = 0; i < pipeline_n_lanes(pipeline); i++)
        report_lane(pipeline_lane(pipeline, i), context);
}

int once_report(struct pipeline_set *set)
{
    struct lane_stats sum = {0};

    pipeline_set_each(set, report, &sum);
    if (sum.left_logs)
        return EXIT_LEFT;
    return sum.dropped_logs || sum.rejected_logs || pipeline_set_refused(set) ? EXIT_FINDINGS : 0;
}
