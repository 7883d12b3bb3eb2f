#include "base/util.h"
#include "aggregate/collect.h"

struct context_options {
    uint64_t max_log_group_count, max_log_count, tolerance;
    bool pack_flag;
    struct weir_str topic;
};

#define MAX_LOG_COUNT_HELP "A group is passed on when it has so many logs."
#define MAX_LOG_GROUP_COUNT_HELP \
    "Read for compatibility, without effect: a full group is passed on at once."
#define PACK_FLAG_HELP \
    "Add the tag __pack_id__, by which the groups of one source can be put in order."

static const struct weir_option context_table[] = {
    WEIR_OPTION(struct context_options, max_log_group_count, "MaxLogGroupCount", WEIR_OPTION_UINT,
        0, "2", "1", NULL, "groups", MAX_LOG_GROUP_COUNT_HELP),
    WEIR_OPTION(struct context_options, max_log_count, "MaxLogCount", WEIR_OPTION_UINT, 0, "1024",
        "1", "1000000", "logs", MAX_LOG_COUNT_HELP),
    WEIR_OPTION(struct context_options, tolerance, "ContextPreservationToleranceSize",
        WEIR_OPTION_UINT, 0, "10", NULL, NULL, "sources",
        "So many sources are remembered for good; with more, those not heard of for 30 days (with "
        "more than 100000, a day) are forgotten, and their pack ids start afresh."),
    WEIR_OPTION_BOOL_ROW(struct context_options, pack_flag, "PackFlag", "true", PACK_FLAG_HELP),
    WEIR_OPTION_STRING_ROW(struct context_options, topic, "Topic", 0, "",
        "Topic of groups whose source has none of its own."),
};

struct base_options {
    uint64_t max_log_group_count, max_log_count;
    bool pack_flag;
    struct weir_str topic;
};

static const struct weir_option base_table[] = {
    WEIR_OPTION(struct base_options, max_log_group_count, "MaxLogGroupCount", WEIR_OPTION_UINT, 0,
        "4", "1", NULL, "groups", MAX_LOG_GROUP_COUNT_HELP),
    WEIR_OPTION(struct base_options, max_log_count, "MaxLogCount", WEIR_OPTION_UINT, 0, "1024", "1",
        "1000000", "logs", MAX_LOG_COUNT_HELP),
    WEIR_OPTION_BOOL_ROW(struct base_options, pack_flag, "PackFlag", "true", PACK_FLAG_HELP),
    WEIR_OPTION_STRING_ROW(struct base_options, topic, "Topic", 0, "",
        "Topic of all groups. Empty: that of their source."),
};

static const struct aggregator_class class_default, class_context, class_base;

static struct aggregator *create_context_class(
    const struct aggregator_class *class, const struct aggregator_context *context)
{
    const struct context_options *options = context->config->options->values;
    struct collect_settings settings = {
        .max_logs = (uint32_t)options->max_log_count,
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
    return create_context_class(&class_default, context);
}

static struct aggregator *create_context(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    (void)why;
    (void)why_max;
    return create_context_class(&class_context, context);
}

static struct aggregator *create_base(
    const struct aggregator_context *context, char *why, size_t why_max)
{
    const struct base_options *options = context->config->options->values;
    struct collect_settings settings = {
        .max_logs = (uint32_t)options->max_log_count,
        .pack_ids = options->pack_flag,
        .topic = options->topic,
        .topic_overrides = true,
    };

    (void)why;
    (void)why_max;
    return collector_create(&class_base, context, &settings);
}

#define CLASS(TYPE, DESCRIPTION, STRUCT, TABLE, CREATE, SELF) \
    { \
        .config = {.type = (TYPE), \
            .description = (DESCRIPTION), \
            .version = "1.0.0", \
            .options = (TABLE), \
            .n_options = ARRAY_SIZE(TABLE), \
            .option_stride = sizeof(struct weir_option), \
            .options_size = sizeof(STRUCT), \
            .implementation = (SELF)}, \
        .create = (CREATE), .push = collector_push, .seal = collector_seal, \
        .destroy = collector_destroy, \
    }

static const struct aggregator_class class_default =
    CLASS("aggregator_default", "Collects logs by source; what runs when none is named.",
        struct context_options, context_table, create_default, &class_default);
static const struct aggregator_class class_context =
    CLASS("aggregator_context", "Collects logs by source.", struct context_options, context_table,
        create_context, &class_context);
static const struct aggregator_class class_base =
    CLASS("aggregator_base", "Collects logs by source, pack ids numbered for all together.",
        struct base_options, base_table, create_base, &class_base);

const struct aggregator_class *aggregator_class_at(size_t i)
{
    static const struct aggregator_class *const classes[] = {
        &class_base,
        &class_context,
        &class_default,
    };

    return i < ARRAY_SIZE(classes) ? classes[i] : NULL;
}
