#include "event/range.h"

#include <assert.h>
#include "base/mem.h"
#include "base/util.h"

struct range {
    struct ack_source *source;
    struct range *next;
    uint64_t start, end; /* bytes */
    uint64_t secured;    /* lanes; under the source's lock, as the next two */
    uint64_t lost;       /* lanes that gave up */
    uint32_t lanes_held; /* how many lanes still hold it */
    atomic_uint holds[]; /* by lane */
};

#define EACH_LANE(LANE, LANES) \
    for (uint64_t rest_ = (LANES), bit_; \
         rest_ && (bit_ = rest_ & -rest_) && (((LANE) = (uint32_t)__builtin_ctzll(rest_)), 1); \
         rest_ ^= bit_)

static uint64_t all_lanes(const struct ack_source *source)
{
    return source->n_lanes == RANGE_LANES_MAX ? UINT64_MAX : (1ULL << source->n_lanes) - 1;
}

void ack_source_init(struct ack_source *source, uint32_t n_lanes, const uint64_t *positions)
{
    assert(n_lanes <= RANGE_LANES_MAX);
    pthread_mutex_init(&source->lock, NULL);
    source->n_lanes = n_lanes;
    source->head = source->tail = source->free = NULL;
    source->open_ranges = 0;
    source->closed = false;
    source->lost = source->read_end = 0;
    source->positions = mem_calloc(n_lanes, sizeof *source->positions);
    source->cursors = mem_calloc(n_lanes, sizeof(struct range *));
    for (uint32_t i = 0; i < n_lanes; i++)
        source->positions[i] = positions[i];
}

static void free_ranges(struct range *range)
{
    while (range) {
        struct range *next = range->next;

        free(range);
        range = next;
    }
}

void ack_source_finish(struct ack_source *source)
{
    free_ranges(source->head);
    free_ranges(source->free);
    free(source->positions);
    free((void *)source->cursors);
    pthread_mutex_destroy(&source->lock);
}

void ack_source_close(struct ack_source *source)
{
    bool idle;

    pthread_mutex_lock(&source->lock);
    source->closed = true;
    idle = source->open_ranges == 0;
    pthread_mutex_unlock(&source->lock);
    if (idle && source->released)
        source->released(source);
}

uint64_t ack_position(struct ack_source *source, uint32_t lane)
{
    uint64_t position;

    pthread_mutex_lock(&source->lock);
    position = source->positions[lane];
    pthread_mutex_unlock(&source->lock);
    return position;
}

uint64_t ack_position_min(struct ack_source *source)
{
    uint64_t least = UINT64_MAX;

    pthread_mutex_lock(&source->lock);
    for (uint32_t i = 0; i < source->n_lanes; i++)
        least = MIN(least, source->positions[i]);
    pthread_mutex_unlock(&source->lock);
    return least;
}

bool ack_all_secured(struct ack_source *source)
{
    bool all;

    pthread_mutex_lock(&source->lock);
    all = source->head == NULL;
    pthread_mutex_unlock(&source->lock);
    return all;
}

bool ack_lane_secured(struct ack_source *source, uint32_t lane)
{
    bool all;

    pthread_mutex_lock(&source->lock);
    all = source->cursors[lane] == NULL;
    pthread_mutex_unlock(&source->lock);
    return all;
}

bool ack_lane_lost(struct ack_source *source, uint32_t lane)
{
    bool lost;

    pthread_mutex_lock(&source->lock);
    lost = source->lost >> lane & 1;
    pthread_mutex_unlock(&source->lock);
    return lost;
}

uint64_t ack_read_end(struct ack_source *source, uint32_t lane)
{
    uint64_t end;

    pthread_mutex_lock(&source->lock);
    end = MAX(source->positions[lane], source->read_end);
    pthread_mutex_unlock(&source->lock);
    return end;
}

/* Moves a lane's position over what is secured for it. */
static bool advance(struct ack_source *source, uint32_t lane)
{
    struct range *range = source->cursors[lane];
    bool moved = false;

    while (range && (range->secured & 1ULL << lane)) {
        source->positions[lane] = MAX(source->positions[lane], range->end);
        range = range->next;
        moved = true;
    }
    source->cursors[lane] = range;
    return moved;
}

/* Takes away the ranges at the head that every lane has secured. */
static void drop_secured(struct ack_source *source)
{
    struct range *range;

    while ((range = source->head) && range->secured == all_lanes(source) && !range->lanes_held) {
        source->head = range->next;
        if (!source->head)
            source->tail = NULL;
        range->next = source->free;
        source->free = range;
    }
}

static struct range *make_range(struct ack_source *source)
{
    struct range *range = source->free;

    if (range) {
        source->free = range->next;
        return range;
    }
    range = mem_zalloc(sizeof *range + source->n_lanes * sizeof range->holds[0]);
    range->source = source;
    return range;
}

struct range *range_open(struct ack_source *source, uint64_t start, uint64_t end, uint64_t lanes)
{
    struct range *range;
    uint32_t lane;

    lanes &= all_lanes(source);
    assert(lanes);
    pthread_mutex_lock(&source->lock);
    range = make_range(source);
    range->next = NULL;
    range->start = start;
    range->end = end;
    range->secured = all_lanes(source) & ~lanes;
    range->lost = 0;
    range->lanes_held = (uint32_t)__builtin_popcountll(lanes);
    for (lane = 0; lane < source->n_lanes; lane++) {
        atomic_store_explicit(&range->holds[lane], lanes >> lane & 1, memory_order_relaxed);
        if (!source->cursors[lane])
            source->cursors[lane] = range;
    }
    if (source->tail)
        source->tail->next = range;
    else
        source->head = range;
    source->tail = range;
    source->read_end = end;
    source->open_ranges++;
    for (lane = 0; lane < source->n_lanes; lane++)
        advance(source, lane);
    pthread_mutex_unlock(&source->lock);
    return range;
}

void range_hold(struct range *range, uint64_t lanes)
{
    uint32_t lane;

    lanes &= all_lanes(range->source);
    EACH_LANE(lane, lanes)
    {
        atomic_fetch_add_explicit(&range->holds[lane], 1, memory_order_relaxed);
    }
}

/* What is secured for these lanes counts now; whether a position grew. */
static bool secure_lanes(struct range *range, uint64_t lanes)
{
    struct ack_source *source = range->source;
    bool grew = false;
    uint32_t lane;

    pthread_mutex_lock(&source->lock);
    range->secured |= lanes & ~range->lost;
    EACH_LANE(lane, lanes)
    {
        grew |= advance(source, lane);
    }
    pthread_mutex_unlock(&source->lock);
    return grew;
}

/* The last hold of these lanes is gone. Their count goes down last, since with it
 * the source may go. */
static void settle_lanes(struct range *range, uint64_t lanes)
{
    struct ack_source *source = range->source;
    bool released;

    if (secure_lanes(range, lanes) && source->progress)
        source->progress(source);
    pthread_mutex_lock(&source->lock);
    range->lanes_held -= (uint32_t)__builtin_popcountll(lanes);
    released = !range->lanes_held && --source->open_ranges == 0 && source->closed;
    drop_secured(source);
    pthread_mutex_unlock(&source->lock);
    if (released && source->released)
        source->released(source);
}

void range_release(struct range *range, uint64_t lanes)
{
    uint64_t last = 0;
    uint32_t lane;

    lanes &= all_lanes(range->source);
    EACH_LANE(lane, lanes)
    {
        if (atomic_fetch_sub_explicit(&range->holds[lane], 1, memory_order_acq_rel) == 1)
            last |= 1ULL << lane;
    }
    if (last)
        settle_lanes(range, last);
}

void range_abandon(struct range *range, uint64_t lanes)
{
    pthread_mutex_lock(&range->source->lock);
    range->lost |= lanes;
    range->source->lost |= lanes;
    pthread_mutex_unlock(&range->source->lock);
    range_release(range, lanes);
}
