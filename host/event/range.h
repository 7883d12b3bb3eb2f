/*
 * Acknowledgement by range. A read of a source makes a range; the batch made of
 * it holds it, and every group with a log derived from it holds it, each once
 * per lane. A lane lets go when it has settled (or durably spooled) the group.
 * When the last hold of a lane is gone the range is secured for that lane.
 * A lane's position in a source is the end of the contiguous prefix of ranges
 * secured for it: reading may restart at the smallest position of all lanes.
 * So filtered, split and merged logs need no special case.
 */
#ifndef EVENT_RANGE_H
#define EVENT_RANGE_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

/* Lanes are numbered 0..63 within a pipeline; a set of them is a bit mask. */
#define RANGE_LANES_MAX 64

struct range;

/* One file, or one stream, as read by one pipeline. Embedded in the input's object. */
struct ack_source {
    /* A lane's position grew. Called without locks, on any thread. May be NULL. */
    void (*progress)(struct ack_source *self);
    /* The last range is gone and the source was closed: it may be freed. Any thread. */
    void (*released)(struct ack_source *self);

    /* Private. */
    pthread_mutex_t lock;
    uint32_t n_lanes;
    struct range *head, *tail, *free;
    uint32_t open_ranges;
    bool closed;
    uint64_t lost;          /* lanes that gave a range up */
    uint64_t read_end;      /* of the newest range */
    uint64_t *positions;    /* by lane */
    struct range **cursors; /* by lane: the first range not yet secured for it */
};

/* `positions`: by lane, where each is (bytes), as a checkpoint had it. [loop] */
void ack_source_init(struct ack_source *source, uint32_t n_lanes, const uint64_t *positions);
/* The input wants nothing more of it. `released` is called now or when the last
 * range has gone; after it, ack_source_finish frees what is inside. [loop] */
void ack_source_close(struct ack_source *source);
void ack_source_finish(struct ack_source *source);

/* The position of a lane; of the lane that is most behind. [any] */
uint64_t ack_position(struct ack_source *source, uint32_t lane);
uint64_t ack_position_min(struct ack_source *source);
/* Whether every range made so far is secured for all lanes; for this lane. [any] */
bool ack_all_secured(struct ack_source *source);
bool ack_lane_secured(struct ack_source *source, uint32_t lane);
/* Whether a range was given up for this lane, so that its position will never pass it. */
bool ack_lane_lost(struct ack_source *source, uint32_t lane);
/* Where reading has come to for this lane, secured or not: what is behind it was never
 * read, what is before it is with the lane. [any] */
uint64_t ack_read_end(struct ack_source *source, uint32_t lane);

/* A range [start, end) of bytes, held once for each lane of `lanes`; for the others
 * it counts as secured. Ranges of a source are made in order. [loop] */
struct range *range_open(struct ack_source *source, uint64_t start, uint64_t end, uint64_t lanes);
/* One more hold for each lane of the set, one less for each. [any] */
void range_hold(struct range *range, uint64_t lanes);
void range_release(struct range *range, uint64_t lanes);
/* One less, too, but undelivered: for these lanes the range is never secured, so
 * their positions stay before it. [any] */
void range_abandon(struct range *range, uint64_t lanes);

#endif
