/* The joint between stages: what comes next, as seen from upstream. */
#ifndef EVENT_SINK_H
#define EVENT_SINK_H

#include "event/batch.h"
#include "event/group.h"

struct sink {
    /* Takes the batch over. Never waits and never refuses: pressure is felt at the
     * gate, before a read. [the pipeline's loop] */
    void (*push)(struct sink *self, struct batch *batch);
    /* Everything open is sealed and sent on now (end of a file, stop). [the loop] */
    void (*seal)(struct sink *self);
};

/* The same for sealed groups; the reference is taken over. */
struct group_sink {
    void (*push)(struct group_sink *self, struct group *group);
};

#endif
