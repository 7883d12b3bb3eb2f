/* Leaves some time between two batches, by a clock that may be set back. */
#include "base.h"
#include <time.h>

#define PAUSE_NS UINT64_C(1000000)

struct pacing {
    struct base base;
    uint64_t next_ns;
};

static int pacing_is_ready(
    void *self, struct weir_str project, struct weir_str logstore, int64_t logstore_key)
{
    const struct pacing *pacing = self;
    const struct weir_host *host = pacing->base.host;

    (void)project;
    (void)logstore;
    (void)logstore_key;
    return host->wall_ns(host) >= pacing->next_ns;
}

static uint32_t pacing_flush(void *self, const struct weir_batch *batch, struct weir_result *result)
{
    struct pacing *pacing = self;
    const struct weir_host *host = pacing->base.host;

    pacing->next_ns = host->wall_ns(host) + PAUSE_NS;
    return base_flush(self, batch, result);
}

ANIMAL(.instance_size = sizeof(struct pacing), .is_ready = pacing_is_ready, .flush = pacing_flush);
