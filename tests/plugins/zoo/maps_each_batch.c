/* Maps memory for each batch and forgets it. */
#include "base.h"
#include <sys/mman.h>

static uint32_t mapping_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (page != MAP_FAILED)
        page[0] = 1;
    return base_flush(self, batch, result);
}

ANIMAL(.flush = mapping_flush);
