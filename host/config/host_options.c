#include "config/host_options.h"

#include "base/util.h"

#define GLOBAL(MEMBER, NAME, DEFAULT, UNIT, HELP) \
    WEIR_OPTION( \
        struct global_values, MEMBER, NAME, WEIR_OPTION_UINT, 0, DEFAULT, NULL, NULL, UNIT, HELP)

#define META_TAG(MEMBER, NAME, DEFAULT, HELP) \
    WEIR_OPTION_STRING_ROW(struct meta_tag_keys, MEMBER, NAME, 0, DEFAULT, HELP)

static const struct weir_option meta_tag_rows[] = {
    META_TAG(host_name, "HOST_NAME", "__default__",
        "Tag with the host's name: \"__default__\" is __hostname__, \"\" none"),
    META_TAG(host_ip, "HOST_IP", "",
        "Tag with the host's address: \"__default__\" is __host_ip__, \"\" none"),
    META_TAG(host_id, "HOST_ID", "", "Read for compatibility; there is no such tag here"),
    META_TAG(
        cloud_provider, "CLOUD_PROVIDER", "", "Read for compatibility; there is no such tag here"),
};

#define ENV_TAG_KEYS(NAME, REPLACED_BY) \
    { \
        NAME, WEIR_OPTION_STRING_MAP, 0, offsetof(struct global_values, env_tag_keys), \
            offsetof(struct global_values, has_env_tag_keys), NULL, NULL, NULL, NULL, NULL, NULL, \
            0, 0, \
            "Which variables that ALIYUN_LOG_ENV_TAGS names are tags, and what the tags are " \
            "called; \"\" is none. Without this all are, under their own names", \
            NULL, REPLACED_BY, NULL \
    }

static const struct weir_option global_rows[] = {
    GLOBAL(input_max_first_collect_delay_ms, "InputMaxFirstCollectDelayMs", "10000", "ms",
        "Longest random delay before a timer input collects for the first time"),
    GLOBAL(input_interval_ms, "InputIntervalMs", "1000", "ms",
        "How often a timer input collects, unless its entry says otherwise"),
    GLOBAL(aggregat_interval_ms, "AggregatIntervalMs", "3000", "ms",
        "A group is sealed at this age at the latest"),
    GLOBAL(flush_interval_ms, "FlushIntervalMs", "3000", "ms",
        "Read for compatibility; groups are flushed as soon as they are sealed"),
    GLOBAL(default_log_queue_size, "DefaultLogQueueSize", "1000", "logs",
        "Read for compatibility; queues are bounded by delivery.QueueMaxBytes"),
    GLOBAL(default_log_group_queue_size, "DefaultLogGroupQueueSize", "4", "groups",
        "Read for compatibility; queues are bounded by delivery.QueueMaxGroups"),
    WEIR_OPTION_BOOL_ROW(struct global_values, enable_timestamp_nanosecond,
        "EnableTimestampNanosecond", "false", "Keep the nanoseconds of a log's time"),
    WEIR_OPTION_BOOL_ROW(struct global_values, using_old_content_tag, "UsingOldContentTag", "false",
        "Tags become fields of each log, \"__tag__:\" before their keys"),
    WEIR_OPTION_OBJECT_ROW(struct global_values, meta_tag_keys, "PipelineMetaTagKey", 0,
        meta_tag_rows, struct meta_tag_keys, "What the tags about the host are called"),
    ENV_TAG_KEYS("AgentEnvMetaTagKey", NULL),
    ENV_TAG_KEYS("AgentMetaTagKey", "AgentEnvMetaTagKey"),
    WEIR_OPTION(struct global_values, tags, "Tags", WEIR_OPTION_STRING_MAP, 0, NULL, NULL, NULL,
        NULL, "Tags of every log group, behind those of its source"),
    WEIR_OPTION_STRING_ROW(struct global_values, host_ip, "HostIP", 0, "",
        "The host's address, in groups and tags; the system's by default"),
    WEIR_OPTION_STRING_ROW(struct global_values, host_name, "Hostname", 0, "",
        "The host's name, in tags; the system's by default"),
    WEIR_OPTION_STRING_ROW(
        struct global_values, project, "Project", 0, "", "What is_ready and flush get as project"),
    {"Logstore", WEIR_OPTION_STRING, 0, offsetof(struct global_values, logstore),
        offsetof(struct global_values, has_logstore), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0,
        "What is_ready and flush get as logstore; the pipeline's name by default", NULL, NULL,
        NULL},
    {"LogstoreKey", WEIR_OPTION_INT, 0, offsetof(struct global_values, logstore_key),
        offsetof(struct global_values, has_logstore_key), NULL, NULL, NULL, NULL, NULL, NULL, 0, 0,
        "Number of the logstore; a hash of project and logstore by default", NULL, NULL, NULL},
};

const struct config_class config_global_class = {
    .type = "global",
    .description = "Settings of the whole pipeline",
    .options = global_rows,
    .n_options = ARRAY_SIZE(global_rows),
    .option_stride = sizeof global_rows[0],
    .options_size = sizeof(struct global_values),
};

#define TARGET(MEMBER, NAME, TYPE, HELP) \
    { \
        NAME, TYPE, 0, offsetof(struct target_values, MEMBER), \
            offsetof(struct target_values, has_##MEMBER), NULL, NULL, NULL, NULL, NULL, NULL, 0, \
            0, HELP, NULL, NULL, NULL \
    }

static const struct weir_option target_rows[] = {
    TARGET(project, "Project", WEIR_OPTION_STRING, "What is_ready and flush get as project"),
    TARGET(logstore, "Logstore", WEIR_OPTION_STRING, "What is_ready and flush get as logstore"),
    TARGET(logstore_key, "LogstoreKey", WEIR_OPTION_INT,
        "Number of the logstore; a hash of project and logstore by default"),
};

const struct config_class config_target_class = {
    .type = "a flusher entry",
    .description = "What an entry may override of global",
    .options = target_rows,
    .n_options = ARRAY_SIZE(target_rows),
    .option_stride = sizeof target_rows[0],
    .options_size = sizeof(struct target_values),
};

static const struct weir_option interval_rows[] = {
    {"IntervalMs", WEIR_OPTION_UINT, 0, offsetof(struct interval_values, interval_ms),
        offsetof(struct interval_values, has_interval_ms), NULL, "1", NULL, "ms", NULL, NULL, 0, 0,
        "How often this input collects", NULL, NULL, NULL},
};

const struct config_class config_interval_class = {
    .type = "an input entry",
    .description = "When a timer input collects",
    .options = interval_rows,
    .n_options = ARRAY_SIZE(interval_rows),
    .option_stride = sizeof interval_rows[0],
    .options_size = sizeof(struct interval_values),
};

static const char *const spool_choices[] = {"off", "overflow", "durable", NULL};
static const char *const spool_durability_choices[] = {"process", "interval", "always", NULL};
static const char *const when_full_choices[] = {"block", "drop_oldest", "drop_newest", NULL};

#define DELIVERY(MEMBER, NAME, TYPE, DEFAULT, MIN, UNIT, HELP) \
    WEIR_OPTION(struct delivery_config, MEMBER, NAME, TYPE, 0, DEFAULT, MIN, NULL, UNIT, HELP)

static const struct weir_option delivery_rows[] = {
    DELIVERY(queue_max_bytes, "QueueMaxBytes", WEIR_OPTION_SIZE, "16MiB", "64KiB", NULL,
        "How much may wait in memory for this flusher"),
    DELIVERY(queue_max_groups, "QueueMaxGroups", WEIR_OPTION_UINT, "1024", "1", "groups",
        "How many log groups may wait in memory for this flusher"),
    WEIR_OPTION_ENUM_ROW(struct delivery_config, when_full, "WhenFull", when_full_choices, "block",
        "What happens when the queue is full: the inputs wait, or the oldest or newest group goes"),
    DELIVERY(retry_initial_delay_ns, "RetryInitialDelay", WEIR_OPTION_DURATION, "1s", "1ms", NULL,
        "Longest pause before the first retry; doubles with every attempt"),
    DELIVERY(retry_max_delay_ns, "RetryMaxDelay", WEIR_OPTION_DURATION, "30s", "1ms", NULL,
        "Longest pause between two attempts"),
    DELIVERY(retry_max_attempts, "RetryMaxAttempts", WEIR_OPTION_UINT, "0", NULL, "attempts",
        "Give a batch up after so many attempts; 0: never"),
    DELIVERY(retry_max_age_ns, "RetryMaxAge", WEIR_OPTION_DURATION, "0s", NULL, NULL,
        "Give a batch up so long after its first attempt; 0s: never"),
    DELIVERY(pending_max, "PendingMax", WEIR_OPTION_UINT, "64", "1", "batches",
        "How many batches may be on their way at once"),
    DELIVERY(flush_timeout_ns, "FlushTimeout", WEIR_OPTION_DURATION, "60s", "1ms", NULL,
        "The deadline that a flush is given"),
    DELIVERY(circuit_failures, "CircuitFailures", WEIR_OPTION_UINT, "5", NULL, "flushes",
        "After so many failures in a row one batch at a time is tried; 0: never"),
    WEIR_OPTION_BOOL_ROW(struct delivery_config, dead_letter, "DeadLetter", "true",
        "Keep what is rejected or given up, with the reason, for `weir dead-letter`"),
    WEIR_OPTION_ENUM_ROW(struct delivery_config, spool, "Spool", spool_choices, "off",
        "What goes to disk: nothing, what the queue has no room for or what waits long, or "
        "everything before it is flushed"),
    DELIVERY(spool_max_bytes, "SpoolMaxSize", WEIR_OPTION_SIZE, "1GiB", "64KiB", NULL,
        "How much may wait on disk for this flusher"),
    WEIR_OPTION_ENUM_ROW(struct delivery_config, spool_durability, "SpoolDurability",
        spool_durability_choices, "interval",
        "What counts as spooled: what is written (survives the process), or what is on the disk "
        "(survives the machine), gathered for 50 ms or each group at once"),
    WEIR_OPTION_STRING_ROW(struct delivery_config, spool_path, "SpoolPath", 0, "",
        "Folder for the spool; by default one in the data folder"),
};

const struct config_class config_delivery_class = {
    .type = "delivery",
    .description = "How a flusher's lane treats its logs",
    .options = delivery_rows,
    .n_options = ARRAY_SIZE(delivery_rows),
    .option_stride = sizeof delivery_rows[0],
    .options_size = sizeof(struct delivery_config),
};

const char *const config_ignored_root_keys[] = {"createTime", "version", "configVersion", NULL};

const char *const config_ignored_global_keys[] = {"StructureType", "TopicType", "TopicFormat",
    "Priority", "AppendingAllEnvMetaTag", "EnableSlsMetricsFormat", "EnableProcessorTag",
    "DelayStopSec", "AlwaysOnline", "EnableContainerdUpperDirDetect", "LoongCollectorConfDir",
    "LoongCollectorLogConfDir", "LoongCollectorLogDir", "LoongCollectorPluginLogName",
    "LoongCollectorVersionTag", "LoongCollectorGoCheckPointDir", "LoongCollectorGoCheckPointFile",
    "LoongCollectorDataDir", "LoongCollectorDebugDir", "LoongCollectorThirdPartyDir",
    "LoongCollectorPrometheusAuthorizationPath", NULL};
