/* Connects in init: without its server the pipeline is refused. */
#include "base_tcp.h"

static int connecting_init(void *self, const struct weir_context *context)
{
    struct tcp *tcp = self;
    int r = tcp_init(self, context);

    tcp->until_ns = tcp->host->now_ns(tcp->host) + tcp->options->timeout_ns;
    if (r == 0 && tcp_connect_any(tcp) < 0)
        return weir_refuse(context->error, ENOTCONN, "cannot connect");
    return r;
}

TCP_ANIMAL(.init = connecting_init);
