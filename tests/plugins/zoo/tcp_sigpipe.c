/* Sends without MSG_NOSIGNAL: a peer that goes away ends the process. */
#include "base_tcp.h"

static uint32_t naive_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    int r;

    base_format(&tcp->lines, batch);
    tcp_set_end(tcp, batch);
    r = tcp_connect_any(tcp);
    while (r == 0 && send(tcp->fd, tcp->lines.data, 1, 0) < 0)
        r = errno == EAGAIN ? tcp_wait_writable(tcp, tcp->fd) : -errno;
    if (r == 0)
        r = tcp_send_all(tcp, tcp->lines.data + 1, tcp->lines.size - 1);
    if (r == 0)
        r = tcp_wait_taken(tcp);
    if (r == 0)
        return WEIR_DELIVERED;
    tcp_disconnect(tcp);
    return base_retry(result, r, "cannot send");
}

static uint32_t careful_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    uint64_t n_logs = 0;

    for (uint32_t g = 0; g < batch->n_groups; g++)
        n_logs += batch->groups[g]->n_logs;
    return n_logs ? naive_flush(self, batch, result) : WEIR_DELIVERED;
}

TCP_ANIMAL(.flush = careful_flush);
