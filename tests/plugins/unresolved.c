/* Linked without -z defs: what it calls is nowhere. */
#include "good.h"

int acme_gone(void);

static int calls_gone(void *self, const struct weir_context *context)
{
    (void)self;
    (void)context;
    return acme_gone();
}

static const struct weir_flusher_class broken = {
    GOOD_CLASS("flusher_unresolved"), .init = calls_gone};

WEIR_PLUGIN("unresolved", "1.0.0", "flusher_unresolved", &broken);
