/* Prints to the standard error, which is the host's log. */
#include "base.h"
#include <stdio.h>

static uint32_t printing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    fprintf(stderr, "flush of %u groups\n", batch->n_groups);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = printing_flush);
