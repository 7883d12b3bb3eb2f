/* What the kernel says of this process. [any] */
#ifndef ADMIN_PROCESS_STATS_H
#define ADMIN_PROCESS_STATS_H

#include <stdint.h>

struct process_stats {
    double cpu_seconds;
    uint64_t resident_bytes, open_fds, max_fds;
};

/* What cannot be read is 0. */
void process_stats_read(struct process_stats *ret_stats);

#endif
