/* init fails without a word. */
#include "base.h"

static int silent_init(void *self, const struct weir_context *context)
{
    const struct base_options *options = context->options;

    if (options->file_path.size >= 4096)
        return -1;
    return base_init(self, context);
}

ANIMAL(.init = silent_init);
