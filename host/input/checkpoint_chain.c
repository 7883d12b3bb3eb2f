/*
 * The generations of one file. A reload makes its input anew, and it goes on reading
 * where the one before has stopped; what that one has read is still with the lanes. So
 * a lane's position is that of the oldest generation of which it has not secured all.
 */
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "input/checkpoints_private.h"

static uint64_t position_of(const struct checkpoint *one, uint32_t lane)
{
    return one->frozen ? one->frozen[lane] : ack_position(one->source, lane);
}

static bool is_secured(const struct checkpoint *one, uint32_t lane)
{
    if (one->covered >> lane & 1)
        return true;
    return one->frozen ? !(one->unsecured >> lane & 1) : ack_lane_secured(one->source, lane);
}

/* What is not secured in the end was given back. */
static bool is_lost(const struct checkpoint *one, uint32_t lane)
{
    if (one->covered >> lane & 1)
        return false;
    return one->frozen ? one->unsecured >> lane & 1 : ack_lane_lost(one->source, lane);
}

static uint64_t read_end(const struct checkpoint *one, uint32_t lane)
{
    return one->frozen ? one->frozen[lane] : ack_read_end(one->source, lane);
}

/* The number that the lane of that name has in another generation; false: it has none. */
static bool find_lane(const struct checkpoint *one, const char *name, uint32_t *ret_lane)
{
    for (uint32_t i = 0; i < one->n_lanes; i++)
        if (!strcmp(one->lanes[i], name)) {
            *ret_lane = i;
            return true;
        }
    return false;
}

uint64_t chain_secured(const struct checkpoint *newest, uint32_t lane)
{
    uint64_t position = position_of(newest, lane);
    uint32_t i;

    for (const struct checkpoint *one = newest->older; one; one = one->older)
        if (find_lane(one, newest->lanes[lane], &i) && !is_secured(one, i))
            position = MIN(position, position_of(one, i));
    return position;
}

uint64_t chain_resume(const struct checkpoint *newest, uint32_t lane)
{
    uint64_t position = read_end(newest, lane);
    uint32_t i;

    for (const struct checkpoint *one = newest; one; one = one->older)
        if (find_lane(one, newest->lanes[lane], &i) && is_lost(one, i))
            position = MIN(position, position_of(one, i));
    return position;
}

struct checkpoint *chain_newest(struct checkpoint *checkpoint)
{
    while (checkpoint->newer)
        checkpoint = checkpoint->newer;
    return checkpoint;
}

/* What was given back lies behind the place where the newest begins to read. */
static void cover_lost(struct checkpoint *one)
{
    for (uint32_t i = 0; i < one->n_lanes; i++)
        if (is_lost(one, i))
            one->covered |= 1ULL << i;
}

void chain_continue(struct checkpoint *older, struct checkpoint *newest)
{
    newest->older = older;
    older->newer = newest;
    for (struct checkpoint *one = older; one; one = one->older)
        cover_lost(one);
    chain_prune(newest);
}

void chain_freeze(struct checkpoint *checkpoint)
{
    checkpoint->frozen = mem_calloc(checkpoint->n_lanes, sizeof *checkpoint->frozen);
    for (uint32_t i = 0; i < checkpoint->n_lanes; i++) {
        checkpoint->frozen[i] = ack_position(checkpoint->source, i);
        if (!ack_lane_secured(checkpoint->source, i))
            checkpoint->unsecured |= 1ULL << i;
    }
    checkpoint->source = NULL;
}

static bool matters(const struct checkpoint *one)
{
    return !one->frozen || (one->unsecured & ~one->covered);
}

bool chain_prune(struct checkpoint *newest)
{
    bool all_closed = newest->frozen != NULL;
    struct checkpoint *one = newest->older;

    while (one) {
        struct checkpoint *older = one->older;

        all_closed &= one->frozen != NULL;
        if (!matters(one)) {
            one->newer->older = older;
            if (older)
                older->newer = one->newer;
            checkpoint_destroy(one);
        }
        one = older;
    }
    return all_closed;
}
