/* probe fails without a word. */
#include "base_tcp.h"

static int silent_probe(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct tcp *tcp = self;

    (void)result;
    tcp->until_ns = deadline_ns;
    return tcp_connect_any(tcp);
}

TCP_ANIMAL(.probe = silent_probe);
