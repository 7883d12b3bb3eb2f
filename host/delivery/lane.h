/*
 * A lane: everything that belongs to one flusher of one pipeline. Groups are
 * pushed in at one end; workers of the pool take turns to flush them at the
 * other. What a flusher answers is judged (delivery/judge) and acted on here.
 *
 *   push -> queue -> parcel -> is_ready? -> flush -> verdict -> judge
 *             |                    |no                            |
 *             |                    +--- waits ---+      done / again after / drop
 *           gate                                 |                |
 *                               retries <--------+----------------+
 */
#ifndef DELIVERY_LANE_H
#define DELIVERY_LANE_H

#include <weir/flusher.h>
#include "config/pipeline_config.h"
#include "delivery/lane_measures.h"
#include "delivery/parcels.h"
#include "delivery/pool.h"
#include "delivery/spools.h"
#include "event/gate.h"
#include "event/group.h"
#include "plugin/instance.h"

struct lane;

struct lane_spec {
    const char *pipeline;                  /* name */
    const char *name;                      /* <pipeline>/<type>/<id> */
    uint32_t number;                       /* within the pipeline: its bit in group.lanes */
    const struct component_config *config; /* lives as long as the lane */
    struct registry *registry;             /* where the flusher's class is found */
    const char *data_dir;         /* of the host; the instance gets a folder below it; NULL: none */
    struct spools *spools;        /* NULL: no lane has a spool */
    struct dead_letters *letters; /* NULL: what is given up is dropped */
    bool once;                    /* the spool is drained before a stop, too */
    struct pool *pool;
    struct memory *memory;   /* what groups are charged to */
    struct parcels *parcels; /* NULL: none are kept for the next batch */
    /* Closed while the queue is full, or the lane holds much for what is left of the memory,
     * and the policy says block. */
    struct gate *gate;
};

/* What became of the logs so far. */
struct lane_stats {
    uint64_t pushed_logs;
    uint64_t delivered_logs, delivered_bytes, delivered_groups;
    uint64_t rejected_logs; /* the flusher said: never */
    uint64_t dropped_logs;  /* given up by policy: the sum of the next three */
    uint64_t attempts_logs, age_logs, queue_full_logs;
    uint64_t letter_logs;    /* of these: kept as dead letters */
    uint64_t left_logs;      /* not settled yet; after lane_close: given back, or spooled */
    uint64_t spooled_logs;   /* written to the spool */
    uint64_t spool_bad_logs; /* were damaged there */
    uint64_t flushes, retries;
    uint64_t circuit_opens;
    uint64_t settled_groups; /* grows with every end; "progress" */
    struct lane_measures measures;
};

/* What a lane is about, in the order in which one outweighs another. */
enum lane_state {
    LANE_RESTARTING, /* the flusher said BROKEN and is made anew */
    LANE_HANGING,    /* a call has run for longer than FlushTimeout */
    LANE_SENDING,    /* a call is running, or its turn is near */
    LANE_DOWN,       /* failed so often that one batch at a time is tried, and rarely */
    LANE_RETRYING,   /* after a failure; the next attempt is at `next_attempt_ns` */
    LANE_NOT_READY,  /* is_ready says no; asked again at `next_attempt_ns` */
    LANE_PENDING,    /* the flusher has all it takes and has not settled it */
    LANE_IDLE,       /* nothing to send */
    LANE_N_STATES,
};

/* The last failure; `wall_ns` 0: none so far. */
struct lane_error {
    uint64_t wall_ns; /* when */
    uint32_t verdict; /* WEIR_RETRY, WEIR_REJECTED, WEIR_BROKEN */
    uint32_t attempt; /* of the batch */
    int32_t code;     /* the flusher's */
    char text[256];   /* its words */
};

/* What answers "why is it not sending?". */
struct lane_status {
    enum lane_state state;
    size_t queue_groups, queue_bytes;          /* not taken yet */
    size_t queue_max_groups, queue_max_bytes;  /* bounds of the above */
    uint32_t n_retries, n_flushing, n_pending; /* batches */
    bool blocks;                               /* the queue is full, and inputs wait */
    bool slow;                 /* its last call took long: it shares half of the workers */
    uint64_t oldest_age_ns;    /* of the oldest group that is not settled, 0: none */
    uint64_t next_attempt_ns;  /* from now; 0: nothing is waited for */
    uint64_t call_age_ns;      /* since the oldest running call gave a sign of life */
    const char *circuit;       /* closed, open, half_open */
    uint64_t failures;         /* flushes in a row */
    bool has_spool;            /* by configuration */
    size_t staged_groups;      /* in memory, to be written to the spool */
    struct spool_status spool; /* zeroed while it is not open */
    struct lane_error last_error;
    struct lane_stats stats;
};

/* Adds all members. */
void lane_stats_add(struct lane_stats *sum, const struct lane_stats *one);

/* Makes the lane and its instance (init runs, with a deadline). NULL with words; *ret_hangs:
 * init hangs, and looks at the configuration for ever. [control] */
struct lane *lane_create(const struct lane_spec *spec, bool *ret_hangs, char *why, size_t why_max);

/* Before the first push, and after the lane that it inherits from has been closed: takes
 * up what lies in the spool. [control] */
void lane_start(struct lane *lane);

/* Takes the reference over. [the pipeline's loop] */
void lane_push(struct lane *lane, struct group *group);
/* The same for a group that is sent again by an operator: it holds its ranges as number 0.
 * False, and it is not taken, when logs would be dropped for it. */
bool lane_push_replayed(struct lane *lane, struct group *group);

/* The pipeline will stop: the flusher is told, waits become short. [control] */
void lane_set_urgent(struct lane *lane, bool exiting);

/* Whether nothing is queued, waiting or in flight; at a stop, what is spooled may wait.
 * [any] */
bool lane_idle(struct lane *lane);
/* Told when a lane has become idle, maybe more than once: from any thread, with the lane's
 * lock held, so that it must not call into the lane. */
struct lane_watch {
    void (*idle)(struct lane_watch *self);
};
/* From now on, until another; NULL: none, and no call runs any more when this returns. [any] */
void lane_set_watch(struct lane *lane, struct lane_watch *watch);
/* When a group was last settled; 0: none was. [any] */
uint64_t lane_settled_ns(struct lane *lane);
void lane_get_stats(struct lane *lane, struct lane_stats *ret_stats);
/* Never waits for a flusher. [any] */
void lane_get_status(struct lane *lane, struct lane_status *ret_status);
/* "retrying"; static. */
const char *lane_state_name(enum lane_state state);
const char *lane_name(const struct lane *lane);
const char *lane_type(const struct lane *lane);

/* The last step: no more flush begins; the flusher's stop gets until `deadline_ns`. What
 * is not settled then goes to `heir`, the lane of the same name in the pipeline's next
 * generation, which has been given nothing yet, and so does the spool; without one it is
 * written to the spool, or given back to its sources. A call that hangs is left behind with its
 * memory and named in the log; false is returned then. [control] */
bool lane_close(struct lane *lane, struct lane *heir, uint64_t deadline_ns);

/* After lane_close. A lane that was left behind is not freed, nor is one of which a call of an
 * earlier instance hangs: false, and the configuration must stay. NULL is fine. */
bool lane_destroy(struct lane *lane);

#endif
