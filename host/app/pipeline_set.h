/*
 * The pipelines of the process, by name: what runs, and what of the configuration does
 * not and why. It is brought to what the configuration says now in one go, with a
 * result for each. [control]
 */
#ifndef APP_PIPELINE_SET_H
#define APP_PIPELINE_SET_H

#include "app/configs.h"
#include "app/ingest.h"
#include "app/jobs.h"
#include "app/reload_result.h"
#include "app/snapshot.h"

struct pipeline_set;

struct pipeline_set_spec {
    const struct pipeline_shared *shared;
    struct ingest *ingest;
    struct jobs *jobs;
    uint64_t patience_ns; /* for a flusher's call, and for a drain without progress */
    /* Everything that pipeline_set_apply began has come to its end. The result is the
     * callee's, who says when that was. */
    void (*applied)(void *owner, struct reload_result *result);
    void *owner;
};

struct pipeline_set *pipeline_set_create(const struct pipeline_set_spec *spec);
/* Frees all, but for what hangs. Nothing may be being applied. NULL is fine. */
void pipeline_set_destroy(struct pipeline_set *set);

/* Begins to bring the set to these configurations, whose content it takes. What does
 * not run any more is removed, unless its file lies in an argument that cannot be read
 * now. Not while that goes on already. */
void pipeline_set_apply(
    struct pipeline_set *set, struct config_set *configs, const struct configs_request *request);
bool pipeline_set_is_applying(const struct pipeline_set *set);

/* What runs and is not being changed, by name; pipeline_set_free_known frees it. */
size_t pipeline_set_known(const struct pipeline_set *set, struct known_config **ret_known);
void pipeline_set_free_known(struct known_config *known, size_t count);

/* What is being changed is left as it is, and named in the log: nothing comes of it any more.
 * The process is to end, and the set stays. */
void pipeline_set_give_up_changes(struct pipeline_set *set);

size_t pipeline_set_running(const struct pipeline_set *set);
size_t pipeline_set_refused(const struct pipeline_set *set);
/* "api, web", of more than PIPELINE_SET_NAMED_MAX the first and how many more; the
 * caller's. */
#define PIPELINE_SET_NAMED_MAX 10u
char *pipeline_set_refused_names(const struct pipeline_set *set);
/* Flushers that hung and were left behind so far. */
uint64_t pipeline_set_left_behind(const struct pipeline_set *set);
/* For each that runs and is not being changed. */
void pipeline_set_each(struct pipeline_set *set,
    void (*visit)(void *context, struct pipeline *pipeline), void *context);
/* Fills pipelines and their number. */
void pipeline_set_snapshot(struct pipeline_set *set, bool stopping, struct snapshot *snapshot);

#endif
