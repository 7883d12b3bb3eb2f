/* aggregator_context, also named aggregator_default, and aggregator_base: one open group
 * for each source. */
#include "aggregate/builtin.h"

struct context_options {
    uint64_t max_log_group_count, max_log_count, tolerance;
    bool pack_flag;
    struct weir_str topic;
};

static const struct weir_option context_table[] = {
    MAX_LOG_GROUP_COUNT_ROW(struct context_options, max_log_group_count, "2"),
    MAX_LOG_COUNT_ROW(struct context_options, max_log_count, "MaxLogCount"),
    WEIR_OPTION(struct context_options, tolerance, "ContextPreservationToleranceSize",
        WEIR_OPTION_UINT, 0, "10", NULL, NULL, "sources",
        "So many sources are remembered for good; with more, those not heard of for 30 days (with "
        "more than 100000, a day) are forgotten, and their pack ids start afresh."),
    PACK_ID_ROW(struct context_options, pack_flag, "PackFlag"),
    WEIR_OPTION_STRING_ROW(struct context_options, topic, "Topic", 0, "",
        "Topic of groups whose source has none of its own."),
};

struct base_options {
    uint64_t max_log_group_count, max_log_count;
    bool pack_flag;
    struct weir_str topic;
};

static const struct weir_option base_table[] = {
    MAX_LOG_GROUP_COUNT_ROW(struct base_options, max_log_group_count, "4"),
    MAX_LOG_COUNT_ROW(struct base_options, max_log_count, "MaxLogCount"),
    PACK_ID_ROW(struct base_options, pack_flag, "PackFlag"),
    TOPIC_ROW(struct base_options, topic),
};

static struct aggregator *create_context_class(
    const struct aggregator_class *class, const struct aggregator_context *context)
{
    const struct context_options *options = context->config->options->values;
    struct collect_settings settings = {
        .max_logs = (uint32_t)options->max_log_count,
        .max_bytes = COLLECT_GROUP_BYTES_MAX,
        .pack_ids = options->pack_flag,
        .pack_by_source = true,
        .topic = options->topic,
        .sources_kept = options->tolerance,
    };

    return collector_create(class, context, &settings);
}

static struct aggregator *create_default(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    (void)why;
    (void)why_max;
    return create_context_class(&aggregator_default, context);
}

static struct aggregator *create_context(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    (void)why;
    (void)why_max;
    return create_context_class(&aggregator_context, context);
}

static struct aggregator *create_base(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct base_options *options = context->config->options->values;
    struct collect_settings settings = {
        .max_logs = (uint32_t)options->max_log_count,
        .max_bytes = COLLECT_GROUP_BYTES_MAX,
        .pack_ids = options->pack_flag,
        .topic = options->topic,
        .topic_overrides = true,
    };

    (void)why;
    (void)why_max;
    return collector_create(&aggregator_base, context, &settings);
}

const struct aggregator_class aggregator_default =
    AGGREGATOR("aggregator_default", "Collects logs by source; what runs when none is named.",
        struct context_options, context_table, create_default, &aggregator_default);
const struct aggregator_class aggregator_context =
    AGGREGATOR("aggregator_context", "Collects logs by source.", struct context_options,
        context_table, create_context, &aggregator_context);
const struct aggregator_class aggregator_base =
    AGGREGATOR("aggregator_base", "Collects logs by source, pack ids numbered for all together.",
        struct base_options, base_table, create_base, &aggregator_base);
