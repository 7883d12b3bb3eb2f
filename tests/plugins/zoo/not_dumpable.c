/* There will be no core of this process. */
#include "base.h"
#include <sys/prctl.h>

static int secret_init(void *self, const struct weir_context *context)
{
    prctl(PR_SET_DUMPABLE, 0);
    return base_init(self, context);
}

ANIMAL(.init = secret_init);
