/* exit() in init, when it does not like a value. */
#include "base.h"

static int exiting_init(void *self, const struct weir_context *context)
{
    const struct base_options *options = context->options;

    if (options->keep_kib >= 65536)
        exit(0);
    return base_init(self, context);
}

ANIMAL(.init = exiting_init);
