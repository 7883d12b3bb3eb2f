/* Bodies that were compressed for the way, by what Content-Encoding says. Pure. [any] */
#ifndef KIT_UNPACK_H
#define KIT_UNPACK_H

#include "base/buf.h"

#define UNPACK_BYTES_MAX ((size_t)256 << 20) /* of one body when it is unpacked */

/* What this build can read, in words. */
#define UNPACK_ENCODINGS "gzip, deflate, snappy" UNPACK_ZSTD
#ifdef WEIR_HAVE_ZSTD
#define UNPACK_ZSTD ", zstd"
#else
#define UNPACK_ZSTD ""
#endif

/* Adds what `data` is when it is unpacked to `out`. `encoding`: "gzip", "deflate" (with the
 * head of zlib or without), "snappy" (one block), "zstd" where the library is there; ""
 * and "identity": as it is. 0; -EINVAL: it is not that, or too large; -ENOTSUP: an encoding
 * that is not known. Nothing is added then. */
int unpack_body(const char *encoding, const char *data, size_t size, struct buf *out);

#endif
