/* Writes into the connection as it was left, and says DELIVERED once the kernel has the
 * bytes: what the server has hung up on meanwhile is lost. */
#include "base_tcp.h"

static uint32_t trusting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    int r;

    base_format(&tcp->lines, batch);
    tcp_set_end(tcp, batch);
    r = tcp->lines.failed ? -ENOMEM : tcp_connect_any(tcp);
    if (r == 0)
        r = tcp_send_all(tcp, tcp->lines.data, tcp->lines.size);
    if (r == 0)
        return WEIR_DELIVERED;
    tcp_disconnect(tcp);
    return base_retry(result, r, "cannot send");
}

TCP_ANIMAL(.flush = trusting_flush);
