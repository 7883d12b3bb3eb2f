/* An option is the format of a printf. */
#include "base.h"
#include <stdio.h>

#pragma GCC diagnostic ignored "-Wformat-nonliteral"
#pragma GCC diagnostic ignored "-Wformat-security"

static int formatting_init(void *self, const struct weir_context *context)
{
    const struct base_options *options = context->options;
    char path[65536];

    if (options->file_path.size < 4096)
        snprintf(path, sizeof path, options->file_path.data);
    return base_init(self, context);
}

ANIMAL(.init = formatting_init);
