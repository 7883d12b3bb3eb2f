/*
 * How everything is at one moment, for whoever shows it: the status command and
 * the metrics page. Plain data with its own memory, a few kilobytes a pipeline.
 */
#ifndef APP_SNAPSHOT_H
#define APP_SNAPSHOT_H

#include "app/reload_history.h"
#include "delivery/lane.h"

struct snapshot_lane {
    char *name; /* <pipeline>/<type>/<id> */
    char *type; /* flusher_... */
    struct lane_status status;
};

enum pipeline_state {
    PIPELINE_STARTING, /* its flushers are being made */
    PIPELINE_RUNNING,
    PIPELINE_CHANGING, /* it runs while the next generation is made, and hands over */
    PIPELINE_STOPPING, /* what is left is being delivered */
    PIPELINE_REFUSED,  /* nothing of that name runs */
    PIPELINE_N_STATES,
};

struct snapshot_pipeline {
    char *name;
    char *path; /* of its file */
    enum pipeline_state state;
    uint64_t config_hash; /* of the file that runs, 0: nothing runs */
    char *refused;        /* why its file, as it is now, does not run; NULL */
    uint64_t read_logs, read_bytes;
    bool waits;         /* inputs wait: a queue is full, or memory is short */
    char *nothing_read; /* why nothing was read so far, NULL */
    struct snapshot_lane *lanes;
    size_t n_lanes;
};

struct snapshot_plugin {
    char *name, *version, *path, *sha256;
};

/* A spool that no flusher uses (delivery/spools.h). */
struct snapshot_spool {
    char *name;
    uint64_t logs, bytes;
    uint64_t oldest_age_ns; /* 0: not known */
    char *why;              /* it cannot be read; NULL */
};

struct snapshot {
    uint64_t wall_ns, uptime_ns;
    long pid;
    char *data_dir;
    bool loading; /* for the first time */
    bool stopping;
    struct reload_history reloads;
    uint64_t n_left_behind;              /* flushers that hung at a stop or reload */
    size_t memory_used, memory_limit;    /* bytes */
    struct snapshot_pipeline *pipelines; /* by name */
    size_t n_pipelines;
    struct snapshot_plugin *plugins; /* whose descriptor is known */
    size_t n_plugins;
    struct snapshot_spool *spools; /* by name, as when they were looked for last */
    size_t n_spools, n_more_spools;
};

/* "running"; static. */
const char *pipeline_state_name(enum pipeline_state state);

struct pipeline;
struct registry;
/* The plugins that have been met. */
void snapshot_take_plugins(struct snapshot *snapshot, struct registry *registry);
/* Those that are not a flusher's of `snapshot`, whose pipelines are there already. */
struct spools_left;
void snapshot_take_spools(struct snapshot *snapshot, const struct spools_left *left);
/* Whether a flusher of that name runs, and has a spool. */
bool snapshot_uses_spool(const struct snapshot *snapshot, const char *name);
/* What a running pipeline says of itself. */
void snapshot_take_pipeline(struct snapshot_pipeline *ret, struct pipeline *pipeline);
/* NULL is fine. */
void snapshot_destroy(struct snapshot *snapshot);

#endif
