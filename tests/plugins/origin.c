/* Needs a library that lies beside it. */
#include "good.h"

int origin_helper(void);

static int calls_helper(void *self, const struct weir_context *context)
{
    (void)self;
    (void)context;
    return origin_helper() - 42;
}

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_origin"), .init = calls_helper};

WEIR_PLUGIN("origin", "1.0.0", "flusher_origin", &broken);
