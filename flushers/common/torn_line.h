/* The half line that a kill leaves at the end of a file. */
#ifndef COMMON_TORN_LINE_H
#define COMMON_TORN_LINE_H

#include <sys/types.h>

/* Offset behind the last '\n' of the first `size` bytes, 0 if there is none; -errno. */
off_t torn_line_start(int fd, off_t size);

#endif
