#include "common/write_all.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define STALL_MS 5000

static int wait_writable(int fd)
{
    struct pollfd poll_fd = {.fd = fd, .events = POLLOUT};
    int n = poll(&poll_fd, 1, STALL_MS);

    if (n < 0)
        return errno == EINTR ? 0 : -errno;
    return n ? 0 : -EAGAIN;
}

int write_all(int fd, const char *data, size_t size, size_t *ret_written)
{
    *ret_written = 0;
    while (*ret_written < size) {
        ssize_t n = write(fd, data + *ret_written, size - *ret_written);
        int r = 0;

        if (n > 0)
            *ret_written += (size_t)n;
        else if (n < 0 && errno == EAGAIN)
            r = wait_writable(fd);
        else if (n < 0 && errno != EINTR)
            r = -errno;
        else if (n == 0)
            r = -EIO;
        if (r < 0)
            return r;
    }
    return 0;
}

void explain(struct weir_result *result, int error, const char *what, const char *name)
{
    result->code = -error;
    if (result->text_max)
        snprintf(result->text, result->text_max, "%s %s: %s", what, name, strerror(-error));
}
