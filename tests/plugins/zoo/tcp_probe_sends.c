/* probe sends a log to see whether it works. */
#include "base_tcp.h"

static int sending_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct tcp *tcp = self;
    int r;

    tcp->until_ns = deadline_ns;
    r = tcp_connect_any(tcp);
    if (r == 0)
        r = tcp_send_all(tcp, "{\"content\":\"test\"}\n", 19);
    if (r)
        weir_explain(result, -r, "cannot reach the server");
    return r;
}

TCP_ANIMAL(.probe = sending_probe);
