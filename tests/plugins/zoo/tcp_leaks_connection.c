/* A connection that the peer has ended is forgotten, not closed. */
#include "base_tcp.h"

static uint32_t forgetful_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    char byte;

    if (tcp->fd >= 0 && recv(tcp->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0)
        tcp->fd = -1;
    return tcp_flush(self, batch, result);
}

TCP_ANIMAL(.flush = forgetful_flush);
