/* Takes "the pipeline is about to stop" for "take nothing more". */
#include "base.h"
#include <stdatomic.h>

struct closing {
    struct base base;
    atomic_bool urgent;
};

static int closing_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    struct closing *closing = self;

    return !atomic_load(&closing->urgent) && base_is_ready(self, project, logstore, logstore_key);
}

static void closing_set_urgent(void *self, int exiting)
{
    struct closing *closing = self;

    (void)exiting;
    atomic_store(&closing->urgent, true);
}

ANIMAL(.is_ready = closing_is_ready, .set_urgent = closing_set_urgent,
    .instance_size = sizeof(struct closing));
