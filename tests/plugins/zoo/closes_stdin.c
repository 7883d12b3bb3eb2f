/* Closes the standard input, as daemons do. */
#include "base.h"

static int closing_init(void *self, const struct weir_context *context)
{
    close(0);
    return base_init(self, context);
}

ANIMAL(.init = closing_init);
