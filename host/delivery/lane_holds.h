/* All holds of a lane that are in memory, in order; `view` is what is to be sent of the
 * group. Those of orphans are not: a copy of each goes on. With the lane's lock held. */
#ifndef DELIVERY_LANE_HOLDS_H
#define DELIVERY_LANE_HOLDS_H

#include "delivery/hold.h"

struct lane;

/* Those inside a flush are left out unless `flushing`. Ends when `visit` says false. */
void lane_each_hold(struct lane *lane, bool flushing,
    bool (*visit)(void *context, struct hold *hold, const struct weir_group *view), void *context);

#endif
