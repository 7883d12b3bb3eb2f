/* A connection that failed is forgotten, not closed. */
#include "base_tcp.h"

static uint32_t forgetful_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    int spare = tcp->fd >= 0 ? fcntl(tcp->fd, F_DUPFD_CLOEXEC, 3) : -1;
    uint32_t verdict = tcp_flush(self, batch, result);

    if (spare >= 0 && verdict == WEIR_DELIVERED)
        close(spare);
    return verdict;
}

TCP_ANIMAL(.flush = forgetful_flush);
