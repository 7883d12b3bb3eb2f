/* What comes after set_urgent is thrown away. */
#include "base.h"
#include <stdatomic.h>

struct closing {
    struct base base;
    atomic_bool urgent;
};

static uint32_t closing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct closing *closing = self;

    return atomic_load(&closing->urgent) ? WEIR_DELIVERED : base_flush(self, batch, result);
}

static void closing_set_urgent(void *self, int exiting)
{
    struct closing *closing = self;

    (void)exiting;
    atomic_store(&closing->urgent, true);
}

ANIMAL(.flush = closing_flush, .set_urgent = closing_set_urgent,
    .instance_size = sizeof(struct closing));
