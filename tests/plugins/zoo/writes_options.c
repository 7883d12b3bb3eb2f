/* Corrects an option in place. */
#include "base.h"

static int correcting_init(void *self, const struct weir_context *context)
{
    struct base_options *options = (struct base_options *)(uintptr_t)context->options;

    if (options->keep_kib > 64)
        options->keep_kib = 64;
    return base_init(self, context);
}

ANIMAL(.init = correcting_init);
