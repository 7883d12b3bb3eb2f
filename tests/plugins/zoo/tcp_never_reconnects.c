/* When the server was not there once, it never looks for it again. */
#include "base_tcp.h"

struct sulky {
    struct tcp tcp;
    bool failed;
};

static uint32_t sulky_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct sulky *sulky = self;
    uint32_t verdict;

    if (sulky->failed)
        return base_retry(result, -ENOTCONN, "the connection is lost");
    verdict = tcp_flush(self, batch, result);
    sulky->failed = verdict != WEIR_DELIVERED && result->code == ECONNREFUSED;
    return verdict;
}

TCP_ANIMAL(.flush = sulky_flush, .instance_size = sizeof(struct sulky));
