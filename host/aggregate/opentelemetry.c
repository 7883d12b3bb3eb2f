/*
 * aggregator_opentelemetry: tells metrics, traces and logs apart by the number of their
 * fields, as upstream does, and sends each kind to a logstore of its own.
 */
#include "aggregate/builtin.h"
#include "base/mem.h"

#define METRIC_FIELDS_MAX 5U
#define TRACE_FIELDS_MIN 19U

enum kind { KIND_METRICS, KIND_TRACES, KIND_LOGS, N_KINDS };

struct kind_options {
    uint64_t max_log_group_count, max_log_count;
    bool pack_flag;
    struct weir_str topic, logstores[N_KINDS];
};

#define LOGSTORE_ROW(KIND, NAME, DEFAULT, HELP) \
    WEIR_OPTION_STRING_ROW(struct kind_options, logstores[KIND], NAME, 0, DEFAULT, HELP)

static const struct weir_option table[] = {
    MAX_LOG_GROUP_COUNT_ROW(struct kind_options, max_log_group_count, "4"),
    MAX_LOG_COUNT_ROW(struct kind_options, max_log_count, "MaxLogCount"),
    PACK_ID_ROW(struct kind_options, pack_flag, "PackFlag"),
    TOPIC_ROW(struct kind_options, topic),
    LOGSTORE_ROW(KIND_METRICS, "MetricsLogstore", "otlp-metrics",
        "Category of groups of metrics: what has at most 5 fields."),
    LOGSTORE_ROW(KIND_TRACES, "TraceLogstore", "otlp-traces",
        "Category of groups of spans: what has at least 19 fields."),
    LOGSTORE_ROW(KIND_LOGS, "LogLogstore", "otlp-logs", "Category of groups of everything else."),
};

struct by_kind {
    struct router router; /* first */
    const struct kind_options *options;
    enum kind kind; /* of the log last looked at */
};

static bool find(struct router *router, const struct batch *batch, const struct weir_log *log,
    struct route *ret_route)
{
    struct by_kind *self = (struct by_kind *)router;

    (void)batch;
    self->kind = log->n_contents <= METRIC_FIELDS_MAX  ? KIND_METRICS
                 : log->n_contents >= TRACE_FIELDS_MIN ? KIND_TRACES
                                                       : KIND_LOGS;
    ret_route->key = (struct weir_str){(const char *)&self->kind, sizeof self->kind};
    ret_route->category = self->options->logstores[self->kind];
    return true;
}

static void destroy(struct router *router)
{
    free(router);
}

static struct aggregator *create(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct kind_options *options = context->config->options->values;
    struct by_kind *self = mem_zalloc(sizeof *self);
    struct collect_settings settings = {
        .max_logs = (uint32_t)options->max_log_count,
        .max_bytes = COLLECT_GROUP_BYTES_MAX,
        .pack_ids = options->pack_flag,
        .pack_by_source = true,
        .topic = options->topic,
        .topic_overrides = true,
        .router = &self->router,
    };

    (void)why;
    (void)why_max;
    self->router = (struct router){find, NULL, destroy};
    self->options = options;
    return collector_create(&aggregator_opentelemetry, context, &settings);
}

const struct aggregator_class aggregator_opentelemetry = AGGREGATOR("aggregator_opentelemetry",
    "Collects metrics, traces and logs, each kind for a logstore of its own.", struct kind_options,
    table, create, &aggregator_opentelemetry);
