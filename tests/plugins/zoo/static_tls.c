/* Its thread-local memory must lie where a program's does. */
#include "base.h"

__attribute__((tls_model("initial-exec"))) static __thread volatile int depth;

static uint32_t counting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    uint32_t verdict;

    depth++;
    verdict = base_flush(self, batch, result);
    depth--;
    return verdict;
}

ANIMAL(.flush = counting_flush);
