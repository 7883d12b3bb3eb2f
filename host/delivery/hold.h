/*
 * A lane's hold on one group, and what secures the group meanwhile: its source, which
 * stays unread behind it, or the lane's spool.
 */
#ifndef DELIVERY_HOLD_H
#define DELIVERY_HOLD_H

#include "event/group.h"

struct spool;

struct hold {
    struct group *group; /* a reference */
    uint32_t number;     /* by which it is held: a lane's within its pipeline */
    bool spooled;        /* the spool has it; the source need not any more */
    bool replayed;       /* a dead letter that is sent again; if it is dropped it stays one */
    uint64_t seq;        /* its place among the lane's groups, and in the spool; 0: none yet */
};

/* Settled: the source or the spool may forget it. `spool` NULL: what is spooled stays
 * where it is. */
void hold_release(const struct hold *hold, struct spool *spool);
/* Not settled: the source will be read again, the spool keeps it. */
void hold_give_back(const struct hold *hold);

#endif
