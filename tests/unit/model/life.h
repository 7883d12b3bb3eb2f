/*
 * A life of the pipeline of a story: a process that runs it, from a start to an end, by the
 * orders of its parent.
 */
#ifndef TESTS_UNIT_MODEL_LIFE_H
#define TESTS_UNIT_MODEL_LIFE_H

#include <sys/types.h>
#include "model/world.h"
#include "plugin/registry.h"

struct life {
    pid_t pid; /* 0: it does not run */
    int orders, answers;
};

/* `registry` knows the scripted flushers. */
void life_start(struct life *life, struct world *world, struct registry *registry);
/* Each waits until it is done. False: the process has ended. */
bool life_reload(struct life *life);
/* The last: it ends in good order, after `drain_ms` at the latest if it cannot deliver. */
bool life_stop(struct life *life, uint32_t drain_ms);
/* kill -9. */
void life_kill(struct life *life);
/* Whether it has ended by itself. */
bool life_has_ended(struct life *life);
/* Takes the end of the process note of; 0, or the signal that ended it. */
int life_bury(struct life *life);

#endif
