/*
 * Whether a file can be given to LMDB. LMDB trusts its file: a bit that has turned in the
 * list of free pages, or in an offset, makes it abort, crash or write over what is in use.
 * So what lies there from before is looked at first, without LMDB and trusting nothing: the
 * newest meta page, every page that its trees reach, the order of the keys, the list of
 * free pages, and that no page is used twice. Values are not looked at; who wrote them has
 * checksums of its own.
 *
 * Of LMDB's format (0.9, 64-bit, little-endian as the machine is) what our stores use: no
 * duplicate keys, no fixed map, named tables one deep. All calls [any].
 */
#ifndef BASE_LMDB_CHECK_H
#define BASE_LMDB_CHECK_H

#include <stddef.h>
#include <stdint.h>

/* The last pages of a file may be missing, if they are free; so many bytes, or half of it. */
#define LMDB_CHECK_MISSING_BYTES_MAX ((size_t)32 << 20)
/* The map that the file asks for is no larger. */
#define LMDB_CHECK_MAP_BYTES_MAX ((uint64_t)1 << 46)

/* The file of the environment in `folder`, which nobody has open. 0: it is sound, or not
 * there yet; EBADMSG: it is damaged; another errno: it cannot be read. */
int lmdb_check(const char *folder);

/* The same for a file's content, in memory or mapped. */
int lmdb_check_bytes(const void *bytes, size_t size);

#endif
