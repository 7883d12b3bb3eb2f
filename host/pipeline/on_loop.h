/* Runs a function on a loop's thread and waits for it; at once, here, while the loop
 * has no thread yet. [any but that loop's thread] */
#ifndef PIPELINE_ON_LOOP_H
#define PIPELINE_ON_LOOP_H

#include "base/loop.h"

void on_loop(struct loop *loop, void (*run)(void *argument), void *argument);

#endif
