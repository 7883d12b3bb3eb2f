/* malloc always works. */
#include "base.h"
#include <string.h>

static uint32_t careless_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    char *copy = malloc(64);

    memset(copy, 0, 64);
    ((volatile char *)copy)[1] = 1;
    free(copy);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = careless_flush);
