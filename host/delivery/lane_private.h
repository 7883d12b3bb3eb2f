/*
 * What the files of the lane share: lane.c (life), lane_turn.c (taking and flushing),
 * lane_verdict.c (what follows from an answer), lane_give_up.c (what is never delivered),
 * lane_end.c (what becomes of what is left), lane_status.c (how it looks from outside),
 * lane_spool*.c (its use of the disk). Functions here want the lane's lock to be held.
 */
#ifndef DELIVERY_LANE_PRIVATE_H
#define DELIVERY_LANE_PRIVATE_H

#include <pthread.h>
#include "base/log.h"
#include "delivery/circuit.h"
#include "delivery/judge.h"
#include "delivery/lane.h"
#include "delivery/lane_spool.h"
#include "delivery/parcel.h"

/* The longest wait for a retry once the pipeline is stopping. */
#define LANE_URGENT_DELAY_NS (100 * NS_PER_MS)

struct lane {
    struct turn turn;
    char *name, *pipeline;
    uint32_t number;
    bool concurrent, once;
    struct pool *pool;
    struct memory *memory;
    struct parcels *parcels;
    struct dead_letters *letters; /* NULL: none are kept */
    struct gate *gate;
    const struct component_config *config;
    struct retry_policy retry;
    uint64_t circuit_threshold; /* failures in a row; 0: never opens */

    /* Replaced when the flusher says BROKEN; NULL while that goes on, or has failed. */
    pthread_rwlock_t instance_lock;
    struct instance *instance;
    struct instance_spec instance_spec;

    pthread_mutex_t lock; /* of all below */
    struct lane_spool spool;
    struct queue queue;
    bool gate_closed;
    struct list retries, flushing, pending; /* of parcels */
    struct list orphans; /* of parcels that a flusher which hangs may still look at */
    uint32_t n_flushing, n_pending;
    uint64_t next_id;
    uint64_t hold_until_ns; /* nothing is flushed before: backoff, or not ready */
    bool not_ready;         /* that is why */
    bool notified;          /* notify_ready came while is_ready was being asked */
    uint64_t ready_pause_ns;
    struct circuit circuit;
    uint64_t random;
    bool urgent, exiting, closed, failing, broken, left_behind;
    bool haunted; /* init or stop of an instance that is gone hangs, and looks at `config` */
    struct lane_watch *watch; /* NULL: none */
    struct lane_stats stats;
    uint64_t settled_ns; /* when stats.settled_groups last grew */
    struct lane_error last_error;
    struct log_limit complaint, drop_notice, restart_notice;
};

/* A call of the flusher's has ended; counts it. */
static inline void lane_count_call(struct lane *lane, enum lane_call call, uint64_t took_ns)
{
    lane_durations_add(&lane->stats.measures.calls[call], took_ns);
}

/* The first and the last call of an instance, measured and, where they fail, counted as
 * faults. They take the lock themselves; results as those of instance_create and
 * instance_stop. */
int lane_make_instance(struct lane *lane, char *why, size_t why_max);
int lane_stop_instance(struct lane *lane, uint64_t deadline_ns, struct weir_result *result);

/* When something may be sent at the earliest: backoff, readiness, circuit. */
uint64_t lane_send_at_ns(const struct lane *lane);
/* Asks for a turn if there is something to do. Whatever may have made the lane idle ends with
 * it: then the watch is told. */
void lane_ask_turn(struct lane *lane);
bool lane_is_idle(struct lane *lane);
/* So many groups have come to their end. */
void lane_count_settled(struct lane *lane, uint64_t groups);
/* One turn on a worker; takes the lock itself. */
void lane_turn(struct turn *turn);

/* Opens the gate again once enough has been taken from the queue, or settled. */
void lane_relieve(struct lane *lane);
/* In the order of ids, so that the oldest goes first. */
void lane_put_retry(struct lane *lane, struct parcel *parcel);

/* The words and numbers that came with a verdict; `result` may be NULL. What it leaves
 * out stays as the marks of single logs have set it. */
void lane_keep_details(struct parcel *parcel, const struct weir_result *result);
/* A verdict other than PENDING has been given. The parcel is in no list. */
void lane_act_on_verdict(struct lane *lane, struct parcel *parcel, uint32_t verdict);
/* No verdict will come any more for a parcel that is in no list: what was marked, or settled
 * while flush ran, holds; the rest is the caller's to send. False, and it is gone, when
 * nothing is left. */
bool lane_keep_unsettled(struct lane *lane, struct parcel *parcel);
/* Logs of the parcel that end for good without having been delivered: those with that
 * verdict, by mark or by the batch's (lane_give_up.c). */
void lane_give_up(struct lane *lane, const struct parcel *parcel, enum judge_reason reason,
    uint32_t verdict, uint64_t logs);
/* Logs go by policy: the queue is full. */
void lane_drop(struct lane *lane, const struct hold *hold);
void lane_drop_logs(struct lane *lane, uint64_t logs);
/* Whether something in memory is queued, waits or is in flight. */
bool lane_has_unsettled(const struct lane *lane);
/* Keeps the queue's bound the way the operator chose, after a group was put in. */
void lane_keep_bound(struct lane *lane);
/* Who and where a batch is for, as the flusher sees it. */
void lane_address(const struct lane *lane, struct weir_batch *batch);
/* A copy that goes on in place of a parcel which a hung flusher may still look at; that
 * one stays as it is, for ever, and what comes of it counts no more. The copy is in no
 * list. */
struct parcel *lane_orphan(struct lane *lane, struct parcel *parcel);

/* What the flusher calls; they take the lock themselves. [any] */
int lane_on_settle(
    void *owner, uint64_t batch_id, uint32_t verdict, const struct weir_result *result);
int lane_on_mark(void *owner, const struct weir_batch *batch, uint32_t group, uint32_t log,
    uint32_t verdict, int32_t code, struct weir_str text);
void lane_on_notify_ready(void *owner);
void lane_on_misbehaviour(void *owner, const char *code);

#endif
