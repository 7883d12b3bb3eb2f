#include "private.h"

#include <libdeflate.h>
#include <snappy-c.h>
#include <strings.h>

/* Of gzip: little worse than the best, and several times as fast. */
#define GZIP_LEVEL 5

static const char *const pack_names[] = {[WEIR_HTTP_GZIP] = "gzip", [WEIR_HTTP_SNAPPY] = "snappy"};

const char *http_pack_name(uint32_t compression)
{
    return pack_names[compression];
}

uint32_t http_pack_by_name(struct weir_str name)
{
    for (uint32_t i = WEIR_HTTP_GZIP; i <= WEIR_HTTP_SNAPPY; i++)
        if (name.size == strlen(pack_names[i]) &&
            strncasecmp(name.data, pack_names[i], name.size) == 0)
            return i;
    return WEIR_HTTP_NO_COMPRESSION;
}

static size_t gzip(
    struct libdeflate_compressor *gzip, struct weir_buffer *to, const char *data, size_t size)
{
    size_t room = libdeflate_gzip_compress_bound(gzip, size);
    char *end = weir_buffer_reserve(to, room);

    return end ? libdeflate_gzip_compress(gzip, data, size, end, room) : 0;
}

static size_t snappy(struct weir_buffer *to, const char *data, size_t size)
{
    size_t room = snappy_max_compressed_length(size);
    char *end = weir_buffer_reserve(to, room);

    return end && snappy_compress(data, size, end, &room) == SNAPPY_OK ? room : 0;
}

void http_pack(const struct weir_http *http, struct weir_buffer *to, const char *data, size_t size)
{
    size_t n;

    if (http->compression == WEIR_HTTP_GZIP) {
        struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(GZIP_LEVEL);

        n = compressor ? gzip(compressor, to, data, size) : 0;
        libdeflate_free_compressor(compressor);
    } else {
        n = snappy(to, data, size);
    }
    to->size += n;
    to->failed |= !n;
}
