/* The built-in aggregators, and what their files have in common. */
#ifndef AGGREGATE_BUILTIN_H
#define AGGREGATE_BUILTIN_H

#include "aggregate/collect.h"
#include "base/util.h"

extern const struct aggregator_class aggregator_base;
extern const struct aggregator_class aggregator_content_value_group;
extern const struct aggregator_class aggregator_context;
extern const struct aggregator_class aggregator_default;
extern const struct aggregator_class aggregator_logstore_router;
extern const struct aggregator_class aggregator_metadata_group;
extern const struct aggregator_class aggregator_opentelemetry;
extern const struct aggregator_class aggregator_shardhash;

/* The class of a built-in that is a collector, with the option table TABLE. */
#define AGGREGATOR(TYPE, DESCRIPTION, STRUCT, TABLE, CREATE, SELF) \
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

/* What upstream does not let one choose. */
#define MAX_LOGS_FIXED 1024U

#define MAX_LOG_COUNT_ROW(STRUCT, MEMBER, NAME) \
    WEIR_OPTION(STRUCT, MEMBER, NAME, WEIR_OPTION_UINT, 0, "1024", "1", "1000000", "logs", \
        "A group is passed on when it has so many logs.")
#define MAX_LOG_GROUP_COUNT_ROW(STRUCT, MEMBER, DEFAULT) \
    WEIR_OPTION(STRUCT, MEMBER, "MaxLogGroupCount", WEIR_OPTION_UINT, 0, DEFAULT, "1", NULL, \
        "groups", "Read for compatibility, without effect: a full group is passed on at once.")
#define PACK_ID_ROW(STRUCT, MEMBER, NAME) \
    WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER, NAME, "true", \
        "Add the tag __pack_id__, by which the groups of one source can be put in order.")
#define TOPIC_ROW(STRUCT, MEMBER) \
    WEIR_OPTION_STRING_ROW( \
        STRUCT, MEMBER, "Topic", 0, "", "Topic of all groups. Empty: that of their source.")
#define MISSING_KEY_ROW(STRUCT, MEMBER) \
    WEIR_OPTION_BOOL_ROW(STRUCT, MEMBER, "ErrIfKeyNotFound", "false", \
        "Report logs that lack one of the keys. They count as having it, empty.")

#endif
