/*
 * One pipeline file, checked: plain structs that the pipeline is built from.
 * Both forms that upstream's users have are read (type + detail, and flat). [control]
 */
#ifndef CONFIG_PIPELINE_CONFIG_H
#define CONFIG_PIPELINE_CONFIG_H

#include <stdint.h>
#include "config/catalog.h"
#include "config/diag.h"
#include "config/options.h"

/* Upper bounds of one pipeline; more is an error that names the bound. */
#define PIPELINE_FLUSHERS_MAX 64
#define PIPELINE_COMPONENTS_MAX 1024
#define COMPONENT_ID_MAX_BYTES 128

enum when_full {
    WHEN_FULL_BLOCK,
    WHEN_FULL_DROP_OLDEST,
    WHEN_FULL_DROP_NEWEST,
};

/* What a lane writes to its spool. */
enum spool_mode {
    SPOOL_OFF,
    SPOOL_OVERFLOW, /* what the queue has no room for, and what waits long */
    SPOOL_DURABLE,  /* everything, before it is flushed */
};

/* When a group counts as spooled, and so what the spool survives. */
enum spool_durability {
    SPOOL_PROCESS,  /* written: the end of the process, not of the machine */
    SPOOL_INTERVAL, /* on the disk; commits are gathered for 50 ms */
    SPOOL_ALWAYS,   /* on the disk, each as soon as it comes */
};

/* The host-owned `delivery` object of a flusher entry; `delivery` and `Delivery`. Its keys
 * are in an option table like any other (config_delivery_class, `weir describe delivery`). */
struct delivery_config {
    uint64_t queue_max_bytes;        /* 16 MiB */
    uint64_t queue_max_groups;       /* 1024 */
    uint32_t when_full;              /* enum when_full */
    uint64_t retry_initial_delay_ns; /* 1 s */
    uint64_t retry_max_delay_ns;     /* 30 s */
    uint64_t retry_max_attempts;     /* 0: none */
    uint64_t retry_max_age_ns;       /* 0: none */
    uint64_t pending_max;            /* 64 batches */
    uint64_t flush_timeout_ns;       /* 60 s */
    uint64_t circuit_failures;       /* 5 in a row; 0: never */
    bool dead_letter;                /* true */
    uint32_t spool;                  /* enum spool_mode */
    uint32_t spool_durability;       /* enum spool_durability */
    uint64_t spool_max_bytes;        /* 1 GiB */
    struct weir_str spool_path;      /* "": below the data folder */
};

/* `global`, with upstream's names and defaults (ilogtail.md 3.2). */
struct global_config {
    uint64_t input_max_first_collect_delay_ms; /* 10000 */
    uint64_t input_interval_ms;                /* 1000 */
    uint64_t aggregat_interval_ms;             /* 3000 */
    uint64_t flush_interval_ms;                /* 3000; read, not used */
    uint64_t default_log_queue_size;           /* 1000 */
    uint64_t default_log_group_queue_size;     /* 4 */
    bool enable_timestamp_nanosecond;          /* false */
    bool using_old_content_tag;                /* false */
    struct weir_str host_name_key;             /* of the tag; "__default__", "": none */
    struct weir_str host_ip_key;               /* "" */
    struct weir_str_map env_tag_keys;          /* variable: its tag, "": none */
    bool has_env_tag_keys;                     /* given: others have no tag */
    struct weir_str_map tags;                  /* of every group */
    struct weir_str host_name, host_ip;        /* "": the system's */
    char *project;                             /* "" */
    char *logstore;                            /* the pipeline's name */
    int64_t logstore_key;                      /* xxh64 of project and logstore */
    struct options *options;                   /* what strings and maps lie in */
};

struct component_config {
    const struct config_class *class;
    char *type;
    char *id;   /* given as type/id, else the position among equal types, from "1" */
    char *name; /* type/id */
    struct options *options;
    struct place place;   /* `file` is the pipeline's path */
    uint64_t interval_ms; /* inputs: detail.IntervalMs, else global */
    /* Flushers only. */
    struct delivery_config delivery;
    char *delivery_json;      /* the same as canonical JSON, with defaults */
    char *spool_path;         /* what delivery.spool_path points to */
    char *project, *logstore; /* as in global unless overridden */
    int64_t logstore_key;
};

struct component_list {
    struct component_config *items;
    size_t count;
};

struct pipeline_config {
    char *name; /* the file's stem */
    char *path;
    bool enable; /* false: checked, but not to be run */
    struct global_config global;
    struct component_list sections[CONFIG_N_SECTIONS];
    uint64_t digest; /* xxh64 of the file's bytes */
};

struct pipeline_request {
    const struct config_catalog *catalog;
    bool compat; /* unknown keys are warnings */
    /* Tells what else is wrong with an entry whose options are right. NULL: nobody is asked. */
    void (*try_entry)(const struct pipeline_config *config, enum config_section section,
        const struct component_config *entry, struct diag_list *diags);
};

/* Reads one file. NULL when it has errors; they, and all warnings, are in `diags`. */
struct pipeline_config *pipeline_config_read(
    const char *path, const struct pipeline_request *request, struct diag_list *diags);
void pipeline_config_destroy(struct pipeline_config *config);
/* "web" of "/etc/weir/web.json"; the caller frees it. */
char *pipeline_name_of(const char *path);

/* Expands FILE|DIR arguments to files: of a folder all *.json, sorted, not hidden.
 * What does not exist or holds none is a diagnostic. Two files with one stem are
 * an error. Returns the number of paths; the caller frees each and the array. */
size_t config_paths(
    char *const *arguments, size_t n_arguments, char ***ret_paths, struct diag_list *diags);

#endif
