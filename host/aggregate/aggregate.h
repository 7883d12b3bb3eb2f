/*
 * What an aggregator is: it collects the logs of batches into groups and seals
 * them at their limits (logs, bytes, age, idle source). One built-in per file;
 * aggregate/aggregators.c lists them. All calls on the pipeline's loop thread.
 */
#ifndef AGGREGATE_AGGREGATE_H
#define AGGREGATE_AGGREGATE_H

#include "base/host_facts.h"
#include "base/loop.h"
#include "config/pipeline_config.h"
#include "event/sink.h"

#define AGGREGATE_IDLE_NS (50 * NS_PER_MS) /* seal when no log came for so long */

struct aggregator;

struct aggregator_context {
    const char *pipeline;
    const struct component_config *config; /* lives as long as the aggregator */
    const struct global_config *global;
    struct loop *loop;
    struct memory *memory;
    struct group_sink *next;
    const struct host_facts *host;
};

struct aggregator_class {
    struct config_class config; /* `implementation` points back here */
    struct aggregator *(*create)(
        const struct aggregator_context *context, char *why, size_t why_max);
    /* Takes the logs; the batch stays the caller's and is destroyed by it. Logs
     * without contents are skipped; time 0 becomes now; time_ns is cleared unless
     * EnableTimestampNanosecond. A batch for other lanes than the open group's
     * seals that group first. */
    void (*push)(struct aggregator *aggregator, struct batch *batch);
    /* Seals and passes on everything. */
    void (*seal)(struct aggregator *aggregator);
    void (*destroy)(struct aggregator *aggregator); /* after seal */
};

/* First member of every aggregator. */
struct aggregator {
    const struct aggregator_class *class;
    uint64_t n_dropped; /* logs lost at a limit of its own */
};

const struct aggregator_class *aggregator_class_at(size_t i);

#endif
