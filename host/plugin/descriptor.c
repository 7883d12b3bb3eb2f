#include "plugin/descriptor.h"

#include <stdlib.h>
#include "base/mem.h"

static void *keep(struct descriptor *descriptor, void *memory)
{
    MEM_GROW(descriptor->memory, descriptor->n_memory, descriptor->memory_capacity);
    return descriptor->memory[descriptor->n_memory++] = memory;
}

void *descriptor_alloc(struct descriptor *descriptor, size_t size)
{
    return keep(descriptor, mem_zalloc(size));
}

char *descriptor_text(struct descriptor *descriptor, const char *text, size_t size)
{
    return keep(descriptor, mem_strndup(text, size));
}

void descriptor_destroy(struct descriptor *descriptor)
{
    if (!descriptor)
        return;
    for (size_t i = 0; i < descriptor->n_memory; i++)
        free(descriptor->memory[i]);
    free((void *)descriptor->memory);
    free(descriptor);
}
