/* Says "already initialised" to the second instance of a process. */
#include "base.h"

static bool initialised;

static int once_init(void *self, const struct weir_context *context)
{
    if (initialised)
        return weir_refuse(context->error, EALREADY, "already initialised");
    initialised = true;
    return base_init(self, context);
}

ANIMAL(.init = once_init);
