/* Waits for the peer for ever: no deadline, no end when it is urgent. */
#include "base_tcp.h"

static uint32_t patient_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    size_t done = 0;
    int r;

    base_format(&tcp->lines, batch);
    tcp_set_end(tcp, batch);
    tcp_check_connection(tcp);
    r = tcp->lines.failed ? -ENOMEM : tcp_connect_any(tcp);
    while (r == 0 && done < tcp->lines.size) {
        struct pollfd item = {.fd = tcp->fd, .events = POLLOUT};
        ssize_t n = send(tcp->fd, tcp->lines.data + done, tcp->lines.size - done, MSG_NOSIGNAL);

        if (n >= 0)
            done += (size_t)n;
        else if (errno == EAGAIN || errno == EINTR)
            poll(&item, 1, -1);
        else
            r = -errno;
    }
    if (r == 0)
        r = tcp_wait_taken(tcp);
    if (r == 0)
        return WEIR_DELIVERED;
    tcp_disconnect(tcp);
    return base_retry(result, r, "cannot send");
}

TCP_ANIMAL(.flush = patient_flush);
