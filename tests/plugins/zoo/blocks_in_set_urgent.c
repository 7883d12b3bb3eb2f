/* Waits in set_urgent for what is under way. */
#include "base.h"

static void waiting_set_urgent(void *self, int exiting)
{
    (void)self;
    (void)exiting;
    usleep(300000);
}

ANIMAL(.set_urgent = waiting_set_urgent);
