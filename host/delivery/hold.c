#include "delivery/hold.h"

#include "delivery/spool.h"

void hold_release(const struct hold *hold, struct spool *spool)
{
    if (!hold->spooled)
        group_release(hold->group, hold->number);
    else if (spool)
        spool_ack(spool, hold->seq);
    group_unref(hold->group);
}

void hold_give_back(const struct hold *hold)
{
    if (!hold->spooled)
        group_give_back(hold->group, hold->number);
    group_unref(hold->group);
}
