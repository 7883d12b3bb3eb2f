/*
 * The lane's use of its spool: what is written and when, and what is read back. Part of
 * the lane; functions here want the lane's lock to be held unless they say otherwise.
 *
 *   push --> queue ------------------------------------------> parcel
 *     |        ^                                      ^
 *     |        | the first to come, while nothing     | read back, when the queue
 *     |        | is unread                            | is empty
 *     +--> staging --> writing --> [spool: unread] ---+
 *
 * In order: what is in the queue is older than what is unread on disk, and that is older
 * than what is staged. Groups get their seq when they are pushed, so what waits long in
 * the queue or for a retry can be written later and still comes first after a restart.
 *
 * While the flusher takes batch after batch and next to nothing is unread, writing waits a
 * moment for room in the queue: what goes there need not be read back, and what has
 * overflowed goes there without having been on disk.
 */
#ifndef DELIVERY_LANE_SPOOL_H
#define DELIVERY_LANE_SPOOL_H

#include <weir/buffer.h>
#include "base/log.h"
#include "delivery/pool.h"
#include "delivery/queue.h"
#include "delivery/spools.h"

/* Of one commit: large, since a disk is asked to be sure after each. */
#define LANE_SPOOL_WRITE_GROUPS_MAX 256u
#define LANE_SPOOL_WRITE_BYTES_MAX (8 * MIB)

struct lane;
struct lane_spec;

struct lane_spool {
    struct spools *spools;
    enum spool_mode mode;
    bool retiring; /* it comes from a lane that had one; when it is empty there is none */
    struct spool_claim claim;
    struct spool *store;  /* NULL: not open */
    struct turn turn;     /* writes */
    bool busy, again;     /* a worker is in it; and it was asked for meanwhile */
    bool stuck;           /* the lane was left behind while one was in it, or read from it */
    bool in_line;         /* another lane has the spool; `turn` comes when it is put back */
    bool unknown;         /* something lies on disk that has not been opened yet */
    struct queue staging; /* pushed, to be written */
    struct hold *writing; /* LANE_SPOOL_WRITE_GROUPS_MAX; NULL before there is work */
    uint32_t n_writing;
    struct weir_buffer scratch; /* of the write that goes on; kept while more is to come */
    uint64_t wrote_ns;          /* when the last write was done */
    uint64_t staged_ns;         /* since when something is staged */
    uint64_t acked_ns;          /* since when acks wait to be written; 0: none */
    uint64_t look_ns;           /* when to look for what waits long; 0: not asked for */
    uint64_t retry_at_ns;       /* a write was refused: not before */
    uint64_t last_seq;          /* given to a group */
    uint64_t read_seq;          /* up to here all is in memory or settled */
    uint64_t written_seq;       /* the newest record; above read_seq while something is unread */
    uint64_t before_seq;        /* up to here they are of an earlier process */
    uint64_t unread_groups, unread_logs; /* on disk only; for people */
    bool reading;
    struct log_limit complaint;
};

void lane_spool_init(struct lane *lane, const struct lane_spec *spec);
/* Opens what is to be opened at the start. Without the lock. */
void lane_spool_start(struct lane *lane);
void lane_spool_finish(struct lane *lane);

/* Whether something is on disk only. */
bool lane_spool_unread(const struct lane *lane);

/* Whether pushed groups go to `staging`. */
bool lane_spool_takes(const struct lane *lane);
/* Takes a pushed group over. */
void lane_spool_stage(struct lane *lane, struct hold hold);
/* Asks for a turn if something is to be written. */
void lane_spool_ask(struct lane *lane);
/* Takes the spool and counts what is in it. Without the lock. 0, or as spools_take. */
int lane_spool_open(struct lane *lane);

/* Whether nothing is written yet: the flusher makes room for what is staged. */
bool lane_spool_waits(const struct lane *lane);

/* One turn of writing, on a worker; takes the lock itself. */
void lane_spool_turn(struct turn *turn);
/* From `staging` to `writing`, as much as one write takes. */
void lane_spool_fill_writing(struct lane *lane);
/* What `copy` is a copy of is in the spool now: its source is let go of; or it has been
 * settled meanwhile. */
void lane_spool_secure(struct lane *lane, const struct hold *copy);

/* Whether something can be read back now. */
bool lane_spool_can_fetch(const struct lane *lane);
/* Reads back what fits into a parcel; lets go of the lock meanwhile. */
void lane_spool_fetch(struct lane *lane);
/* Unread records that are gone without having been settled: damage, told of already. */
void lane_spool_forget(struct lane *lane, uint64_t groups, uint64_t logs);

/* Whether all that is not settled is spooled, so that a stop need not wait. */
bool lane_spool_holds_all(struct lane *lane);

/* The end. No more is written by turns; false: one has not come back by the deadline (a disk
 * that hangs). Without the lock. */
bool lane_spool_stop(struct lane *lane, uint64_t deadline_ns);
/* Before anything is handed over: whether it is stuck now is decided for good. */
void lane_spool_leave(struct lane *lane);
/* Who was in a spool that is stuck has come back, late: it is put back, for the next in line.
 * Lets go of the lock meanwhile. */
void lane_spool_come_back(struct lane *lane);
/* Without an heir: what is in memory is written, as long as the disk takes it, of what has
 * ended in part only the rest is kept, and the spool put back. Without the lock. */
void lane_spool_close(struct lane *lane);
/* What is staged joins the queue. */
void lane_spool_unstage(struct lane *lane);
/* The spool goes to the heir, and what is staged. With both locks. */
void lane_spool_inherit(struct lane *heir, struct lane *lane);

#endif
