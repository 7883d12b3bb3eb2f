/* probe takes it for granted that there was a flush. */
#include "base.h"

static int crashing_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct base *base = self;

    (void)result;
    (void)deadline_ns;
    return base->out.data[0] == 'x';
}

ANIMAL(.probe = crashing_probe);
