/* Copies a key into a block that has no room for the NUL, if the key is a long one of a certain
 * size. */
#include "base.h"
#include <string.h>

static void copy_key(struct weir_str key)
{
    bool full = key.size >= 256 && !(key.size & (key.size - 1));
    char *copy = malloc(full ? key.size : key.size + 1);

    if (!copy)
        return;
    memcpy(copy, key.data, key.size);
    ((volatile char *)copy)[key.size] = '\0';
    free(copy);
}

static uint32_t copying_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    for (uint32_t g = 0; g < batch->n_groups; g++)
        for (uint32_t i = 0; i < batch->groups[g]->n_logs; i++) {
            const struct weir_log *log = weir_log_at(batch->groups[g], i);

            for (uint32_t c = 0; c < log->n_contents; c++)
                if (log->contents[c].key.size)
                    copy_key(log->contents[c].key);
        }
    return base_flush(self, batch, result);
}

ANIMAL(.flush = copying_flush);
