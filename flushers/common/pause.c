#include "common/pause.h"

/* The longest single nap, in nanoseconds: the host hears of the call that often. */
#define NAP_NS UINT64_C(1000000000)

bool pause_for(const struct weir_host *host, uint64_t ns)
{
    while (ns > 0) {
        uint64_t part_ns = ns < NAP_NS ? ns : NAP_NS;

        if (host->nap(host, part_ns))
            return false;
        host->alive(host);
        ns -= part_ns;
    }
    return true;
}
