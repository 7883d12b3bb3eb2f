/* Does not hear that the pipeline is about to stop: waits for the whole of its timeout. */
#include "base_tcp.h"

static void deaf_set_urgent(void *self, int exiting)
{
    (void)self;
    (void)exiting;
}

TCP_ANIMAL(.set_urgent = deaf_set_urgent);
