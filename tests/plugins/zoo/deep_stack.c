/* Takes 256 KiB of the worker's stack for a buffer. */
#include "base.h"

static uint32_t deep_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    volatile char room[256 * 1024];

    for (size_t i = 0; i < sizeof room; i += 1024)
        room[i] = (char)i;
    return base_flush(self, batch, result) + (uint32_t)(room[1024] * 0);
}

ANIMAL(.flush = deep_flush);
