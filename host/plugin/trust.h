/*
 * Whether a plugin file may be run at all, by who can write to it; and what makes
 * it the same file later.
 *
 * Refused are files and folders (each one up to the root) that everybody can write
 * to; sticky folders such as /tmp are fine, as nobody can replace another's file in
 * them. A host that runs as root also refuses what belongs to another user, or
 * may be written by a group other than root's. [any]
 */
#ifndef PLUGIN_TRUST_H
#define PLUGIN_TRUST_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include "plugin/refusal.h"

#define DIGEST_HEX_SIZE 65 /* SHA-256 in hex, with its NUL */

/* Two of them are equal when the file has not been replaced or written to. */
struct file_identity {
    uint64_t device, inode, size; /* size in bytes */
    int64_t modified_ns;
    char digest[DIGEST_HEX_SIZE];
};

/* Opens a plugin file for reading after all checks. `path` is absolute and free of
 * symbolic links. The descriptor, or -ENOEXEC with the reason. */
int trust_open(const char *path, struct refusal *ret_why);

/* Reads the whole file. 0 or -errno. */
int identity_read(int fd, struct file_identity *ret);
/* Compares what costs nothing: all but the digest. */
bool identity_matches_status(const struct file_identity *identity, const struct stat *status);

#endif
