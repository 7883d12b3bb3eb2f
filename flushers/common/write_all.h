/* Writing without losing count. */
#ifndef COMMON_WRITE_ALL_H
#define COMMON_WRITE_ALL_H

#include <stddef.h>

/* Writes `size` bytes, across interruptions and short writes. A pipe, socket or
 * terminal that takes nothing is waited for, `stall_ms` without progress at most,
 * even if the descriptor is a blocking one. 0, or -errno (-EAGAIN after that wait);
 * *ret_written is right in any case. A pipe without a reader gives -EPIPE only where
 * SIGPIPE is ignored, as it is in the host. */
int write_all(int fd, const char *data, size_t size, int stall_ms, size_t *ret_written);

#endif
