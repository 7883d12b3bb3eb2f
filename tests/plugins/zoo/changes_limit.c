/* Lowers the limit of core files for the whole process. */
#include "base.h"
#include <sys/resource.h>

static int limiting_init(void *self, const struct weir_context *context)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur -= 1;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
    return base_init(self, context);
}

ANIMAL(.init = limiting_init);
