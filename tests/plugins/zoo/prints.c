/* Prints to the standard output, which belongs to others. */
#include "base.h"
#include <stdio.h>

static uint32_t printing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    printf("flush of %u groups\n", batch->n_groups);
    fflush(stdout);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = printing_flush);
