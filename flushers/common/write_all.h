/* Writing without losing count. */
#ifndef COMMON_WRITE_ALL_H
#define COMMON_WRITE_ALL_H

#include <stddef.h>
#include <weir/host.h>

/* Writes `size` bytes, across interruptions and short writes. A descriptor that
 * takes nothing is waited for, 5 s without progress at most. 0, or -errno
 * (-EAGAIN after that wait); *ret_written is right in any case. A pipe without
 * a reader gives -EPIPE only where SIGPIPE is ignored, as it is in the host. */
int write_all(int fd, const char *data, size_t size, size_t *ret_written);

/* Tells the host and the operator: `code` is the errno of `error` (negative),
 * the text "<what> <name>: <error in words>". */
void explain(struct weir_result *result, int error, const char *what, const char *name);

#endif
