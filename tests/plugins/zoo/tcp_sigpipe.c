/* Sends without MSG_NOSIGNAL: a peer that goes away ends the process. */
#include "base_tcp.h"

/* A header in steps, as it gets ready; then the rest. */
static int naive_send(struct tcp *tcp)
{
    size_t done = 0;

    while (done < tcp->lines.size) {
        size_t size = done < 3 ? 1 : tcp->lines.size - done;
        ssize_t n;
        int r = 0;

        usleep(done < 3 ? 4000 : 0);
        n = send(tcp->fd, tcp->lines.data + done, size, 0);

        if (n >= 0)
            done += (size_t)n;
        else if (errno == EAGAIN)
            r = tcp_wait_writable(tcp, tcp->fd);
        else if (errno != EINTR)
            r = -errno;
        if (r < 0)
            return r;
    }
    return tcp_wait_taken(tcp);
}

static uint32_t naive_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    int r;

    base_format(&tcp->lines, batch);
    tcp_set_end(tcp, batch);
    r = tcp->lines.failed ? -ENOMEM : tcp_connect_any(tcp);
    if (r == 0)
        r = naive_send(tcp);
    if (r == 0)
        return WEIR_DELIVERED;
    tcp_disconnect(tcp);
    return base_retry(result, r, "cannot send");
}

TCP_ANIMAL(.flush = naive_flush);
