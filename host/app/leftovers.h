/*
 * The spools that no flusher uses (delivery/spools.h): what is known of them, and their
 * removal. Looking and removing read the disk, so they are jobs, one after the other.
 * [control]
 */
#ifndef APP_LEFTOVERS_H
#define APP_LEFTOVERS_H

#include "app/jobs.h"
#include "delivery/spools.h"

struct leftovers;

/* Memory is the caller's, zeroed but for the call. */
struct leftovers_waiter {
    /* Once. `error` and `dropped` as from spools_drop, 0 and NULL of a look; -ECANCELED:
     * nothing was done, weir stops. */
    void (*done)(struct leftovers_waiter *self, int error, const struct spool_left *dropped);
};

struct leftovers *leftovers_create(struct jobs *jobs, struct spools *spools);
/* What waits, and what is asked for later, is cancelled. */
void leftovers_stop(struct leftovers *leftovers);
/* No job of it waits or runs any more. NULL is fine. */
void leftovers_destroy(struct leftovers *leftovers);

/* `waiter` may be NULL. */
void leftovers_look(struct leftovers *leftovers, struct leftovers_waiter *waiter);
/* And looks again. */
void leftovers_drop(struct leftovers *leftovers, const char *lane, struct leftovers_waiter *waiter);
/* What the last look has found; valid until the next. */
const struct spools_left *leftovers_known(const struct leftovers *leftovers);

#endif
