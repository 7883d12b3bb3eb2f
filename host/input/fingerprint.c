#include "input/fingerprint.h"

#include <errno.h>
#include <unistd.h>
#include <xxhash.h>

bool fingerprint_match(struct fingerprint *print, const void *data, uint32_t size)
{
    if (size < print->length || (print->length && XXH64(data, print->length, 0) != print->hash))
        return false;
    if (size > print->length)
        *print = (struct fingerprint){XXH64(data, size, 0), size};
    return true;
}

int fingerprint_check(struct fingerprint *print, int fd, bool *ret_same)
{
    char data[FINGERPRINT_MAX_BYTES];
    ssize_t n = pread(fd, data, sizeof data, 0);

    if (n < 0)
        return -errno;
    *ret_same = fingerprint_match(print, data, (uint32_t)n);
    return 0;
}
