/*
 * What one flush carries: groups taken from the queue together, with the verdicts
 * of single logs, the attempts made, and what is left to send. Belongs to a lane,
 * which locks it.
 */
#ifndef DELIVERY_PARCEL_H
#define DELIVERY_PARCEL_H

#include <weir/flusher.h>
#include "base/list.h"
#include "delivery/queue.h"

#define PARCEL_GROUPS_MAX 64u
#define PARCEL_BYTES_MAX (1 * MIB)
#define PARCEL_TEXT_MAX 512u /* bytes of a flusher's words that are kept */

enum parcel_state {
    PARCEL_WAITING,  /* for its turn */
    PARCEL_FLUSHING, /* inside flush() */
    PARCEL_PENDING,  /* flush() said so; settle() will come */
};

struct parcel {
    struct list list; /* in one of the lane's lists */
    enum parcel_state state;
    struct weir_batch batch; /* as the flusher sees it */
    uint64_t first_ns;       /* of the first attempt, 0 before it */
    uint64_t taken_ns;       /* when its turn began: is_ready, then flush */
    uint64_t flushed_ns;     /* when the last flush began */
    bool orphan;             /* what comes of it counts no more: a copy goes on */
    bool probe;              /* sent to find out whether the destination is back */

    uint32_t n_groups;
    struct hold holds[PARCEL_GROUPS_MAX];
    const struct weir_group *views[PARCEL_GROUPS_MAX]; /* what is to be sent of them */
    bool own_view[PARCEL_GROUPS_MAX];                  /* the view is a selection of ours */

    /* Verdicts of single logs, by log: 0 none, else verdict + 1; NULL while unmarked. */
    uint8_t *marks;
    uint32_t first_log[PARCEL_GROUPS_MAX]; /* index into marks of a group's first log */
    uint32_t n_logs;

    /* settle() has come while flush() was still running. */
    bool settled_early;
    uint32_t early_verdict;

    /* Details of the last verdict. */
    int32_t code;
    uint64_t retry_after_ns;
    char text[PARCEL_TEXT_MAX];
};

/* How many logs and bytes got which end; bytes as in weir_group.bytes. */
struct parcel_count {
    uint64_t delivered_logs, delivered_bytes, rejected_logs, retry_logs;
};

/* Takes groups from the queue until a bound is met; at least one if there is one. */
void parcel_fill(struct parcel *parcel, struct queue *queue);
/* Frees what is inside; the groups must have been let go. */
void parcel_clear(struct parcel *parcel);

/* Sets one log's verdict. 0 or -EINVAL. */
int parcel_mark(struct parcel *parcel, uint32_t group, uint32_t log, uint32_t verdict);

/* Counts by final verdict: a log's own mark, else `verdict`. */
struct parcel_count parcel_count(const struct parcel *parcel, uint32_t verdict);

/* What of the i-th group has that end: its view; a selection, which is then in *ret_own
 * and the caller's; or NULL, when nothing has. `retry`: all that is neither delivered nor
 * rejected, else: rejected. */
const struct weir_group *parcel_select(const struct parcel *parcel, uint32_t i, uint32_t verdict,
    bool retry, struct weir_group **ret_own);

/* Lets go of every group that has nothing to be retried, and narrows
 * the others to the logs that have. Returns the number of groups left. Marks are
 * used up. */
uint32_t parcel_keep_retries(struct parcel *parcel, uint32_t verdict, struct spool *spool);

/* Lets go of all groups: settled, or given back to their sources. `spool` as in
 * hold_release. */
void parcel_release(struct parcel *parcel, struct spool *spool);
void parcel_give_back(struct parcel *parcel);

#endif
