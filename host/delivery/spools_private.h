/* What spools.c (those in use) and spools_left.c (those that are not) share. */
#ifndef DELIVERY_SPOOLS_PRIVATE_H
#define DELIVERY_SPOOLS_PRIVATE_H

#include <pthread.h>
#include "delivery/spools.h"

struct spools {
    char *folder;
    struct memory *memory;
    pthread_mutex_t lock; /* of the two below */
    struct list taken;    /* struct taken */
    struct list waiting;  /* struct spool_claim */
};

/* False when another has it; who gets it does not wait in line. */
bool spools_take_name(struct spools *spools, const char *lane);
/* The next in line is told. */
void spools_free_name(struct spools *spools, const char *lane);

#endif
