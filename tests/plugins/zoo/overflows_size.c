/* Adds sizes up in 16 bits and trusts the sum: a large value writes over the end. */
#include "base.h"

static uint32_t overflowing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    const struct weir_group *group = batch->groups[0];
    const struct weir_log *log = group->n_logs ? weir_log_at(group, 0) : NULL;
    struct weir_str value = {NULL, 0};
    char *volatile copy;

    if (log && log->n_contents)
        value = log->contents[0].value;
    copy = malloc((uint16_t)(value.size + 16));
    if (!copy)
        return base_retry(result, -ENOMEM, "no memory");
    for (size_t i = 0; i < value.size; i++)
        ((volatile char *)copy)[i] = value.data[i];
    free(copy);
    return base_flush(self, batch, result);
}

ANIMAL(.flush = overflowing_flush);
