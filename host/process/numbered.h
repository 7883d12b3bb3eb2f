/*
 * Keys made of a prefix, a number and a suffix, each made once for a batch.
 * Belongs to one thread.
 */
#ifndef PROCESS_NUMBERED_H
#define PROCESS_NUMBERED_H

#include "event/batch.h"

struct numbered {
    struct weir_str prefix, suffix; /* borrowed */
    struct weir_str *keys;          /* private, as the next */
    uint32_t count, capacity;
};

void numbered_finish(struct numbered *numbered);
/* Before each batch: forgets all. */
void numbered_reset(struct numbered *numbered);
struct weir_str numbered_key(struct numbered *numbered, struct batch *batch, uint32_t number);

#endif
