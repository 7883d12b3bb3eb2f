#include "common/write_all.h"

#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

/* True for what may take nothing for any length of time. */
static bool may_stall(int fd)
{
    struct stat status;

    if (fstat(fd, &status) < 0)
        return false;
    return S_ISFIFO(status.st_mode) || S_ISSOCK(status.st_mode) ||
           (S_ISCHR(status.st_mode) && isatty(fd));
}

static int wait_writable(int fd, int stall_ms)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    int n = poll(&poll_fd, 1, stall_ms);

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    return n ? 0 : -EAGAIN;
}

/* A write that does not block, to what has just said that it takes something. */
static ssize_t write_ready(int fd, const char *data, size_t size)
{
    const struct iovec part = {(void *)(uintptr_t)data, size};
    ssize_t n = pwritev2(fd, &part, 1, -1, RWF_NOWAIT);

    if (n >= 0 || errno != EOPNOTSUPP)
        return n;
    /* Before Linux 6.4: a pipe that has room takes at least this without blocking. */
    return write(fd, data, size < PIPE_BUF ? size : PIPE_BUF);
}

/* One step. 0, with or without progress; -errno. */
static int write_some(int fd, const char *data, size_t size, bool *stalls, size_t *written)
{
    ssize_t n = *stalls ? write_ready(fd, data, size) : write(fd, data, size);

    if (n > 0)
        *written += (size_t)n;
    if (n >= 0)
        return n ? 0 : -EIO;
    *stalls |= errno == EAGAIN;
    return errno == EAGAIN || errno == EINTR ? 0 : -errno;
}

int write_all(int fd, const char *data, size_t size, int stall_ms, size_t *ret_written)
{
    bool stalls = may_stall(fd);
    size_t written = 0;
    int r = 0;

    while (written < size && r == 0) {
        if (stalls)
            r = wait_writable(fd, stall_ms);
        if (r == 0)
            r = write_some(fd, data + written, size - written, &stalls, &written);
    }
    *ret_written = written;
    return r;
}
