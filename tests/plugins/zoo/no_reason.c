/* RETRY without a word. */
#include "base.h"

static uint32_t silent_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    uint32_t verdict = base_flush(self, batch, result);

    if (verdict == WEIR_RETRY && result->text_max)
        result->text[0] = '\0';
    return verdict;
}

ANIMAL(.flush = silent_flush);
