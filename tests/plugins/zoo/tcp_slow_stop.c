/* At stop it says goodbye on a connection of its own, and waits for an answer as long as
 * it takes. */
#include "base_tcp.h"

static int polite_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct tcp *tcp = self;
    struct pollfd item = {.events = POLLIN};

    tcp->until_ns = tcp->host->now_ns(tcp->host) + TCP_URGENT_NS;
    if (tcp_connect_any(tcp) == 0) {
        item.fd = tcp->fd;
        shutdown(tcp->fd, SHUT_WR);
        poll(&item, 1, 4000);
    }
    return tcp_stop(self, deadline_ns, result);
}

TCP_ANIMAL(.stop = polite_stop);
