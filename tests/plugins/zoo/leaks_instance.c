/* What init made is not freed by stop. */
#include "base.h"

static int leaking_init(void *self, const struct weir_context *context)
{
    struct base *base = self;
    int r = base_init(self, context);

    weir_buffer_reserve(&base->out, 512);
    return r;
}

static int leaking_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct base *base = self;

    base->out = (struct weir_buffer){0};
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.init = leaking_init, .stop = leaking_stop);
