/* What cannot be sent is logged and forgotten. */
#include "base_tcp.h"

static uint32_t swallowing_flush(
    void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct tcp *tcp = self;

    if (tcp_flush(self, batch, result) != WEIR_DELIVERED)
        weir_say(tcp->host, WEIR_LOG_WARN, "dropped %u groups", batch->n_groups);
    return WEIR_DELIVERED;
}

TCP_ANIMAL(.flush = swallowing_flush);
