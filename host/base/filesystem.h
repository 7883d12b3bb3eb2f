/* What kind of file system a path is on, as far as it matters for files that must last
 * and are mapped into memory. [any] */
#ifndef BASE_FILESYSTEM_H
#define BASE_FILESYSTEM_H

#include <stddef.h>
#include <stdint.h>

enum filesystem {
    FILESYSTEM_DISK,    /* or nothing is known against it */
    FILESYSTEM_MEMORY,  /* gone after a reboot */
    FILESYSTEM_NETWORK, /* others change it, and what is mapped of it may be out of date */
};

/* By the number that statfs(2) gives. *ret_name is its name, static; NULL for a disk. */
enum filesystem filesystem_by_type(uint64_t type, const char **ret_name);

/* Of a path that may not be there yet: then of the nearest folder above it. */
enum filesystem filesystem_of(const char *path, const char **ret_name);

/* Whether a store of LMDB may lie in that folder: what is mapped must be what is in the file,
 * and locks must hold. 0; else -ENOTSUP, with words in `why` about `what` ("a spool is"). */
int filesystem_check_store(const char *folder, const char *what, char *why, size_t why_max);

#endif
