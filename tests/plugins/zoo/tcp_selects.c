/* Waits with select(), which knows descriptors up to 1023 only. */
#include "base_tcp.h"
#include <sys/select.h>

static uint32_t selecting_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;
    struct timeval at_most = {.tv_sec = 1};
    fd_set writable;

    tcp_check_connection(tcp);
    if (tcp->fd >= 0) {
        FD_ZERO(&writable);
        FD_SET(tcp->fd, &writable);
        select(tcp->fd + 1, NULL, &writable, NULL, &at_most);
    }
    return tcp_flush(self, batch, result);
}

TCP_ANIMAL(.flush = selecting_flush);
