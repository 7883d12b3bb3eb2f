/* Takes it for granted that result->text has room for 64 bytes. */
#include "base.h"

static uint32_t wordy_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    uint32_t verdict = base_flush(self, batch, result);

    for (size_t i = 0; i < 64; i++)
        ((volatile char *)result->text)[i] = i < 63 ? '.' : '\0';
    return verdict;
}

ANIMAL(.flush = wordy_flush);
