#include "input/fingerprint.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>
#include "base/util.h"

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

bool compressed_mark(const unsigned char *start, size_t size)
{
    static const struct {
        const char *bytes;
        size_t size, at;
    } marks[] = {
        {"\x1F\x8B\x08", 3, 0},
        {"\x28\xB5\x2F\xFD", 4, 0},
        {"\xFD"
         "7zXZ\0",
            6, 0},
        {"1AY&SY", 6, 4}, /* behind BZh and a digit */
        {"\x04\x22\x4D\x18", 4, 0},
        {"PK\x03\x04", 4, 0},
        {"\x1F\x9D", 2, 0},
    };

    for (size_t i = 0; i < ARRAY_SIZE(marks); i++)
        if (size >= marks[i].at + marks[i].size &&
            !memcmp(start + marks[i].at, marks[i].bytes, marks[i].size))
            return true;
    return false;
}
