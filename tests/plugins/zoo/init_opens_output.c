/* Opens the file in init, where the old instance may still be writing. */
#include "base.h"

static int opening_init(void *self, const struct weir_context *context)
{
    int r = base_init(self, context);

    if (r == 0 && base_open(self) < 0)
        return weir_refuse(context->error, errno, "cannot open the file: %m");
    return r;
}

ANIMAL(.init = opening_init);
