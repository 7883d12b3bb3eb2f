/* Sets TZ for the whole process. */
#include "base.h"

static int zoned_init(void *self, const struct weir_context *context)
{
    setenv("TZ", "UTC", 1);
    setenv("ZOO", "1", 1);
    return base_init(self, context);
}

ANIMAL(.init = zoned_init);
