/*
 * What a lane measures of its flusher: how long its calls take, and what went wrong, by
 * the code that `weir explain` knows and the call where it showed. Plain numbers; the
 * lane locks them.
 */
#ifndef DELIVERY_LANE_MEASURES_H
#define DELIVERY_LANE_MEASURES_H

#include <stdint.h>
#include "base/metric.h"

/* How many took at most metric_bucket_bound(i), the last: longer; and their sum. */
struct lane_durations {
    uint64_t buckets[METRIC_N_BUCKETS + 1], sum_ns;
};

/* A flusher's calls, as the host sees them: with the thread that makes them, and init with
 * the loading of the plugin. */
enum lane_call {
    LANE_CALL_INIT,
    LANE_CALL_IS_READY,
    LANE_CALL_FLUSH,
    LANE_CALL_SET_URGENT,
    LANE_CALL_STOP,
    LANE_N_CALLS,
};

enum lane_fault {
    LANE_FAULT_RETRY,       /* batches of which something is to be sent again */
    LANE_FAULT_REJECTED,    /* batches of which something was rejected */
    LANE_FAULT_BROKEN,      /* batches after which the flusher is made anew */
    LANE_FAULT_INIT,        /* and that it could not be */
    LANE_FAULT_STOP,        /* did not stop cleanly */
    LANE_FAULT_FLUSH_HANGS, /* left behind in a call */
    LANE_FAULT_STOP_HANGS,  /* left behind in stop */
    LANE_FAULT_MISBEHAVED,  /* the first of those that instance_spec.misbehaved tells of */
    LANE_N_FAULTS = LANE_FAULT_MISBEHAVED + 6,
};

struct lane_measures {
    struct lane_durations sends; /* from flush to the verdict, which settle may give */
    struct lane_durations calls[LANE_N_CALLS];
    uint64_t faults[LANE_N_FAULTS];
};

void lane_durations_add(struct lane_durations *durations, uint64_t took_ns);
void lane_measures_sum(struct lane_measures *sum, const struct lane_measures *one);

/* Counts one of the misbehaviours by its code, W5xxx; one that has no row is ignored. */
void lane_measures_misbehaved(struct lane_measures *measures, const char *code);

/* "is_ready", "W5004", "settle"; static. */
const char *lane_call_name(enum lane_call call);
const char *lane_fault_code(enum lane_fault fault);
const char *lane_fault_stage(enum lane_fault fault);

#endif
