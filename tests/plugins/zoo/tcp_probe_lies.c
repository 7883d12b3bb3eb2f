/* probe says that all is well, whatever the server does. */
#include "base_tcp.h"

static int lying_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    (void)self;
    (void)result;
    (void)deadline_ns;
    return 0;
}

TCP_ANIMAL(.probe = lying_probe);
