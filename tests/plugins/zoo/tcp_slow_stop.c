/* stop waits for the peer to close, as long as it takes. */
#include "base_tcp.h"

static int polite_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct tcp *tcp = self;
    struct pollfd item = {.fd = tcp->fd, .events = POLLIN};

    if (tcp->fd >= 0) {
        shutdown(tcp->fd, SHUT_WR);
        poll(&item, 1, 20000);
    }
    return tcp_stop(self, deadline_ns, result);
}

TCP_ANIMAL(.stop = polite_stop);
