/* What a file's content looks like from its start: a hash of its first bytes. While
 * the file is short the fingerprint covers all of it, and grows with it. */
#ifndef INPUT_FINGERPRINT_H
#define INPUT_FINGERPRINT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FINGERPRINT_MAX_BYTES 1024U

struct fingerprint {
    uint64_t hash;
    uint32_t length; /* bytes it covers; 0 fits every file */
};

/* Whether the file (still) begins as `print` says; if so the fingerprint grows to what
 * is there now. -errno when it cannot be read. */
int fingerprint_check(struct fingerprint *print, int fd, bool *ret_same);

/* The same for bytes in memory: the first `size` bytes of a file. */
bool fingerprint_match(struct fingerprint *print, const void *data, uint32_t size);

/* Bytes that show whether a file is compressed. */
#define COMPRESSED_MARK_BYTES 10U

/* Whether these first bytes of a file are those of gzip, zstd, xz, bzip2, lz4, zip or
 * compress. */
bool compressed_mark(const unsigned char *start, size_t size);

#endif
