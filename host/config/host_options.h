/* The option tables of what is the host's own in a pipeline file: `global`, and the
 * `delivery` object of a flusher entry. */
#ifndef CONFIG_HOST_OPTIONS_H
#define CONFIG_HOST_OPTIONS_H

#include "config/catalog.h"
#include "config/pipeline_config.h"

/* PipelineMetaTagKey of `global`: what tags are called. */
struct meta_tag_keys {
    struct weir_str host_name, host_ip, host_id, cloud_provider;
};

/* What `global` is filled into; texts are borrowed from the options. */
struct global_values {
    uint64_t input_max_first_collect_delay_ms;
    uint64_t input_interval_ms;
    uint64_t aggregat_interval_ms;
    uint64_t flush_interval_ms;
    uint64_t default_log_queue_size;
    uint64_t default_log_group_queue_size;
    bool enable_timestamp_nanosecond, using_old_content_tag;
    struct meta_tag_keys meta_tag_keys;
    struct weir_str_map env_tag_keys, tags;
    bool has_env_tag_keys;
    struct weir_str host_ip, host_name;
    struct weir_str project, logstore;
    int64_t logstore_key;
    bool has_logstore, has_logstore_key;
};

/* What a flusher entry may override of `global`. */
struct target_values {
    struct weir_str project, logstore;
    int64_t logstore_key;
    bool has_project, has_logstore, has_logstore_key;
};

/* IntervalMs of an input entry. */
struct interval_values {
    uint64_t interval_ms;
    bool has_interval_ms;
};

extern const struct config_class config_target_class;   /* into struct target_values */
extern const struct config_class config_interval_class; /* into struct interval_values */
extern const struct config_class config_global_class;   /* into struct global_values */
extern const struct config_class config_delivery_class; /* into struct delivery_config */

/* Keys that upstream knows and that mean nothing here; NULL-terminated. */
extern const char *const config_ignored_root_keys[];
extern const char *const config_ignored_global_keys[];

#endif
