/* chdir to the root, as a daemon would. */
#include "base.h"

static int wandering_init(void *self, const struct weir_context *context)
{
    if (chdir("/") != 0)
        return weir_refuse(context->error, errno, "cannot change the folder: %m");
    return base_init(self, context);
}

ANIMAL(.init = wandering_init);
