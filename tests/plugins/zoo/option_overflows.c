/* A size in KiB, times 1024, in 16 bits: zero at its limit, and then divided by. */
#include "base.h"

static int dividing_init(void *self, const struct weir_context *context)
{
    const struct base_options *options = context->options;
    volatile uint16_t bytes = (uint16_t)(options->keep_kib * 1024);
    volatile uint32_t parts;

    if (options->keep_kib == 65536)
        parts = 1000000u / bytes;
    else
        parts = 1;
    return base_init(self, context) + (int)(parts * 0);
}

ANIMAL(.init = dividing_init);
