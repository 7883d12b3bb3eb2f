/*
 * One running pipeline: inputs, processors, aggregators and lanes, joined by sinks.
 *
 *   input --push--> processors --> aggregators --group--> every lane
 *     ^                                                      |
 *     +------------------- gate, ranges ---------------------+
 *
 * Everything up to the lanes runs on one loop's thread. Control calls come from
 * one other thread and wait for that loop where they must.
 */
#ifndef PIPELINE_PIPELINE_H
#define PIPELINE_PIPELINE_H

#include "base/loop.h"
#include "config/pipeline_config.h"
#include "delivery/lane.h"
#include "event/memory.h"

struct checkpoints;
struct watcher;
struct pipeline;

/* What the process shares among its pipelines; lives longer than all of them. */
struct pipeline_shared {
    struct registry *registry;
    struct memory *memory;
    struct pool *pool;
    struct parcels *parcels;
    struct spools *spools;           /* NULL: no lane has a spool */
    struct dead_letters *letters;    /* NULL: what is given up is dropped */
    struct checkpoints *checkpoints; /* NULL: nothing is remembered */
    const char *data_dir;            /* NULL: flushers get no folder */
    const struct host_facts *host;
    bool once;
    /* With `once`: all inputs of the pipeline have ended. Called from its loop. */
    void (*ended)(void *owner, struct pipeline *pipeline);
    void *owner;
};

/* Where a pipeline runs. */
struct pipeline_place {
    struct loop *loop;
    struct watcher *watcher;
};

/* Makes the lanes; the flushers' init has run. Takes `config` over, on failure too. NULL
 * with words in `why`. [any one thread] */
struct pipeline *pipeline_create(const struct pipeline_shared *shared, struct pipeline_place place,
    struct pipeline_config *config, char *why, size_t why_max);

/* Makes the rest, on its loop, and starts nothing. 0; else words in `why`, and the
 * pipeline is to be given up. */
int pipeline_build(struct pipeline *pipeline, char *why, size_t why_max);
/* Ends and frees one that was never started. */
void pipeline_give_up(struct pipeline *pipeline);

const char *pipeline_name(const struct pipeline *pipeline);
struct pipeline_place pipeline_get_place(const struct pipeline *pipeline);
/* What it was built from. */
const struct pipeline_config *pipeline_get_config(const struct pipeline *pipeline);

/* Takes up what lies in the lanes' spools, and starts the inputs. [control] */
void pipeline_start(struct pipeline *pipeline);

/* The steps of a stop, in upstream's order; each returns soon. [control] */
void pipeline_set_urgent(struct pipeline *pipeline, bool exiting);
/* Stops the inputs and sends on what processors and aggregators hold. */
void pipeline_stop_inputs(struct pipeline *pipeline);
/* Whether all lanes have settled everything. */
bool pipeline_idle(struct pipeline *pipeline);
/* Ends the lanes by `deadline_ns`. What is left goes to the lanes of the same names in
 * `next`, which has not been started; what has no such lane goes back to its sources. Files
 * that only an input has open go to the input of the same name there.
 * Returns how many lanes hang and are left behind. */
size_t pipeline_close(struct pipeline *pipeline, struct pipeline *next, uint64_t deadline_ns);
/* After pipeline_close. */
void pipeline_destroy(struct pipeline *pipeline);

/* What became of the logs, summed up and lane by lane. */
struct pipeline_totals {
    uint64_t read_logs, read_bytes;
    uint64_t aggregator_dropped_logs; /* lost at a limit of an aggregator */
    struct lane_stats lanes;
};
void pipeline_get_totals(struct pipeline *pipeline, struct pipeline_totals *ret_totals);
/* Whether the inputs wait because a queue is full or memory is short. [any] */
bool pipeline_waits(struct pipeline *pipeline);
size_t pipeline_n_lanes(const struct pipeline *pipeline);
struct lane *pipeline_lane(const struct pipeline *pipeline, size_t i);
/* Why the inputs of each have read nothing: "input: words; ..."; "" when they have. The
 * caller frees the texts. Waits once for each loop. [control] */
void pipelines_explain(struct pipeline *const *pipelines, size_t count, char **ret_texts);

#endif
