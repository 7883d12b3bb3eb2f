/* Logs its configuration, password included. */
#include "base.h"

static int talkative_init(void *self, const struct weir_context *context)
{
    const struct base_options *options = context->options;
    int r = base_init(self, context);

    weir_say(
        context->host, WEIR_LOG_INFO, "token %.*s", (int)options->token.size, options->token.data);
    return r;
}

ANIMAL(.init = talkative_init);
