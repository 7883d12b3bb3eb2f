/*
 * An LMDB environment whose file may be shorter than what LMDB maps of it. [any]
 */
#ifndef BASE_LMDB_FILL_H
#define BASE_LMDB_FILL_H

#include <lmdb.h>

/* How far the file reaches behind its last page. LMDB trusts what a page says of where its
 * entries lie and how long they are, 16 bits each for offset and key; what turns bad after
 * lmdb_check has looked makes it read so far behind the page, which must then be zeros of
 * the file and not a SIGBUS. */
#define LMDB_FILL_MARGIN_BYTES ((size_t)128 << 10)

/*
 * LMDB maps the file, and a page behind its end would be a SIGBUS. A commit may leave its
 * last pages unwritten when they are free, so a file that is too short is not damage by
 * itself: it gets zeros, and what needs those pages finds that out. Right after it was
 * opened. 0; MDB_CORRUPTED: it is so short that the number of pages must be wrong (see
 * LMDB_CHECK_MISSING_BYTES_MAX); another number of LMDB's or errno's.
 */
int lmdb_fill_up(MDB_env *env);

#endif
