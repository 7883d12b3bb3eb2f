/* Copies an option into 256 bytes. */
#include "base.h"

static int copying_init(void *self, const struct weir_context *context)
{
    const struct base_options *options = context->options;
    volatile char path[256];

    for (size_t i = 0; i <= options->file_path.size; i++)
        path[i] = options->file_path.data[i];
    return base_init(self, context) + path[0] * 0;
}

ANIMAL(.init = copying_init);
