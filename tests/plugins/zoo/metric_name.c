/* A metric whose name no collector takes. */
#include "base.h"

static int naming_init(void *self, const struct weir_context *context)
{
    int r = base_init(self, context);

    context->host->metric(context->host, WEIR_METRIC_COUNTER, "Logs-Written", "logs", "Written.");
    return r;
}

ANIMAL(.init = naming_init);
