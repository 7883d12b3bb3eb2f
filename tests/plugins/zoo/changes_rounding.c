/* Leaves the processor rounding upwards. */
#include "base.h"
#include <fenv.h>

static uint32_t rounding_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    fesetround(FE_UPWARD);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = rounding_flush);
