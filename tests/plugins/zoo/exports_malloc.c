/* Brings an allocator of its own, and exports it. */
#include "base.h"

WEIR_EXPORT void *malloc(size_t size)
{
    return calloc(1, size);
}

ANIMAL();
