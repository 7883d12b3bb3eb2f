#include "kit/unpack.h"

#include <errno.h>
#include <libdeflate.h>
#include <snappy-c.h>
#include <strings.h>
#ifdef WEIR_HAVE_ZSTD
#include <zstd.h>
#endif
#include "base/util.h"

#define FIRST_ROOM ((size_t)64 * 1024)

typedef enum libdeflate_result inflate(struct libdeflate_decompressor *decompressor,
    const void *from, size_t size, void *to, size_t room, size_t *ret_taken, size_t *ret_size);

/* One stream, with more and more room; how many bytes of `data` it takes is added to *at. */
static int inflate_one(struct libdeflate_decompressor *decompressor, inflate *step,
    const char *data, size_t size, size_t *at, struct buf *out)
{
    for (size_t room = FIRST_ROOM; room <= UNPACK_BYTES_MAX; room *= 4) {
        size_t taken = 0, unpacked = 0;

        switch (step(decompressor, data + *at, size - *at, buf_reserve(out, room), room, &taken,
            &unpacked)) {
        case LIBDEFLATE_SUCCESS:
            out->size += unpacked;
            *at += taken;
            return 0;
        case LIBDEFLATE_INSUFFICIENT_SPACE:
            break;
        default:
            return -EINVAL;
        }
    }
    return -EINVAL;
}

/* Streams one behind the other, as gzip allows. */
static int inflate_all(inflate *step, const char *data, size_t size, struct buf *out)
{
    struct libdeflate_decompressor *decompressor = libdeflate_alloc_decompressor();
    size_t at = 0;
    int r = size ? 0 : -EINVAL;

    while (!r && at < size)
        r = decompressor ? inflate_one(decompressor, step, data, size, &at, out) : -EINVAL;
    libdeflate_free_decompressor(decompressor);
    return r;
}

/* With zlib's head, as the standard has it, or without, as many have it. */
static int unpack_deflate(const char *data, size_t size, struct buf *out)
{
    const size_t before = out->size;
    int r = inflate_all(libdeflate_zlib_decompress_ex, data, size, out);

    if (!r)
        return 0;
    out->size = before;
    return inflate_all(libdeflate_deflate_decompress_ex, data, size, out);
}

static int unpack_snappy(const char *data, size_t size, struct buf *out)
{
    size_t room = 0;

    if (snappy_uncompressed_length(data, size, &room) != SNAPPY_OK || room > UNPACK_BYTES_MAX ||
        snappy_uncompress(data, size, buf_reserve(out, room + 1), &room) != SNAPPY_OK)
        return -EINVAL;
    out->size += room;
    return 0;
}

#ifdef WEIR_HAVE_ZSTD
static int unpack_zstd(const char *data, size_t size, struct buf *out)
{
    ZSTD_DStream *stream = ZSTD_createDStream();
    ZSTD_inBuffer from = {data, size, 0};
    const size_t before = out->size;
    size_t left = size && stream ? 1 : 0;
    int r = left ? 0 : -EINVAL;

    while (!r && (from.pos < from.size || left)) {
        ZSTD_outBuffer to = {buf_reserve(out, FIRST_ROOM), FIRST_ROOM, 0};
        const size_t taken = from.pos;

        left = ZSTD_decompressStream(stream, &to, &from);
        out->size += to.pos;
        if (ZSTD_isError(left) || out->size - before > UNPACK_BYTES_MAX ||
            (from.pos == taken && !to.pos))
            r = -EINVAL;
    }
    ZSTD_freeDStream(stream);
    return r;
}
#endif

static int unpack(const char *encoding, const char *data, size_t size, struct buf *out)
{
    if (!*encoding || !strcasecmp(encoding, "identity")) {
        buf_append(out, data, size);
        return 0;
    }
    if (!strcasecmp(encoding, "gzip") || !strcasecmp(encoding, "x-gzip"))
        return inflate_all(libdeflate_gzip_decompress_ex, data, size, out);
    if (!strcasecmp(encoding, "deflate"))
        return unpack_deflate(data, size, out);
    if (!strcasecmp(encoding, "snappy"))
        return unpack_snappy(data, size, out);
#ifdef WEIR_HAVE_ZSTD
    if (!strcasecmp(encoding, "zstd"))
        return unpack_zstd(data, size, out);
#endif
    return -ENOTSUP;
}

int unpack_body(const char *encoding, const char *data, size_t size, struct buf *out)
{
    const size_t before = out->size;
    const int r = unpack(encoding, data, size, out);

    if (r)
        out->size = before;
    return r;
}
