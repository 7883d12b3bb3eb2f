#include "common/torn_line.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#define BLOCK_SIZE 65536

/* 0, or -errno; -EIO when the file is shorter than that. */
static int read_at(int fd, char *to, size_t size, off_t offset)
{
    ssize_t n;

    do
        n = pread(fd, to, size, offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return -errno;
    return (size_t)n == size ? 0 : -EIO;
}

off_t torn_line_start(int fd, off_t size)
{
    char block[BLOCK_SIZE];

    while (size > 0) {
        /* Nearly always the last byte is the newline, so it is looked at first. */
        off_t start = size - 1;
        const char *newline;
        int r = read_at(fd, block, 1, start);

        if (r == 0 && block[0] != '\n') {
            start = size > BLOCK_SIZE ? size - BLOCK_SIZE : 0;
            r = read_at(fd, block, (size_t)(size - start), start);
        }
        if (r < 0)
            return r;
        newline = memrchr(block, '\n', (size_t)(size - start));
        if (newline)
            return start + (newline - block) + 1;
        size = start;
    }
    return 0;
}
