/* Has room for sixteen tags. */
#include "base.h"

static uint32_t narrow_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct weir_kv tags[16];
    struct weir_kv *volatile next; /* the compiler is not to see how this ends */

    for (uint32_t g = 0; g < batch->n_groups; g++) {
        next = tags;
        for (uint32_t i = 0; i < batch->groups[g]->n_tags; i++, next++)
            *next = batch->groups[g]->tags[i];
    }
    return base_flush(self, batch, result);
}

ANIMAL(.flush = narrow_flush);
