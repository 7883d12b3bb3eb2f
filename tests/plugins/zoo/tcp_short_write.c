/* Takes it for granted that one send() takes all. */
#include "base_tcp.h"

static uint32_t hasty_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    int r;

    base_format(&tcp->lines, batch);
    tcp_set_end(tcp, batch);
    tcp_check_connection(tcp);
    r = tcp->lines.failed ? -ENOMEM : tcp_connect_any(tcp);
    while (r == 0 && tcp->lines.size &&
           send(tcp->fd, tcp->lines.data, tcp->lines.size, MSG_NOSIGNAL) < 0)
        r = errno == EAGAIN ? tcp_wait_writable(tcp, tcp->fd) : -errno;
    if (r == 0)
        r = tcp_wait_taken(tcp);
    if (r == 0)
        return WEIR_DELIVERED;
    tcp_disconnect(tcp);
    return base_retry(result, r, "cannot send");
}

TCP_ANIMAL(.flush = hasty_flush);
