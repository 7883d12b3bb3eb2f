/* Bodies that the kit's server gets compressed. */
#include "kit/unpack.h"

#include <errno.h>
#include <libdeflate.h>
#include <snappy-c.h>
#include <string.h>
#ifdef WEIR_HAVE_ZSTD
#include <zstd.h>
#endif
#include "unit.h"

#define TEXT_BYTES 300000u
#define ROOM (2 * TEXT_BYTES)

static char text[TEXT_BYTES], packed[2 * ROOM];

static void fill(void)
{
    for (size_t i = 0; i < sizeof text; i++)
        text[i] = (char)('a' + (i * i / 7) % 23);
}

static size_t pack(const char *encoding, const char *data, size_t size, char *to)
{
    struct libdeflate_compressor *compressor = libdeflate_alloc_compressor(1);
    size_t n = ROOM;

    if (!strcmp(encoding, "gzip"))
        n = libdeflate_gzip_compress(compressor, data, size, to, ROOM);
    else if (!strcmp(encoding, "deflate"))
        n = libdeflate_zlib_compress(compressor, data, size, to, ROOM);
    else if (!strcmp(encoding, "raw"))
        n = libdeflate_deflate_compress(compressor, data, size, to, ROOM);
    else if (!strcmp(encoding, "snappy"))
        ck_assert_int_eq(snappy_compress(data, size, to, &n), SNAPPY_OK);
#ifdef WEIR_HAVE_ZSTD
    else if (!strcmp(encoding, "zstd"))
        n = ZSTD_compress(to, ROOM, data, size, 1);
#endif
    libdeflate_free_compressor(compressor);
    ck_assert_uint_gt(n, 0);
    return n;
}

static const struct {
    const char *packing, *encoding;
} encodings[] = {
    {"gzip", "gzip"},
    {"gzip", "X-GZIP"},
    {"deflate", "deflate"},
    {"raw", "deflate"},
    {"snappy", "snappy"},
#ifdef WEIR_HAVE_ZSTD
    {"zstd", "zstd"},
#endif
};

START_TEST(comes_out_as_it_went_in)
{
    SCOPED_BUF struct buf out = {0};
    const char *encoding = encodings[_i].encoding;
    size_t n = pack(encodings[_i].packing, text, sizeof text, packed);

    buf_puts(&out, "before");
    ck_assert_int_eq(unpack_body(encoding, packed, n, &out), 0);
    ck_assert_uint_eq(out.size, strlen("before") + sizeof text);
    ck_assert_int_eq(memcmp(out.data + strlen("before"), text, sizeof text), 0);
}
END_TEST

START_TEST(is_refused_when_it_is_cut_or_something_else)
{
    SCOPED_BUF struct buf out = {0};
    const char *encoding = encodings[_i].encoding;
    size_t n = pack(encodings[_i].packing, text, sizeof text, packed);

    ck_assert_int_eq(unpack_body(encoding, packed, n / 2, &out), -EINVAL);
    ck_assert_int_eq(unpack_body(encoding, "\xff\xff\xff\xff{plain}", 11, &out), -EINVAL);
    ck_assert_int_eq(unpack_body(encoding, "", 0, &out), -EINVAL);
    ck_assert_uint_eq(out.size, 0);
}
END_TEST

START_TEST(members_of_gzip_follow_each_other)
{
    SCOPED_BUF struct buf out = {0};
    size_t n = pack("gzip", "one", 3, packed);

    n += pack("gzip", "two", 3, packed + n);
    ck_assert_int_eq(unpack_body("gzip", packed, n, &out), 0);
    ck_assert_str_eq(buf_text(&out), "onetwo");
}
END_TEST

START_TEST(what_is_not_known_is_said)
{
    SCOPED_BUF struct buf out = {0};

    ck_assert_int_eq(unpack_body("br", "x", 1, &out), -ENOTSUP);
    ck_assert_int_eq(unpack_body("", "x", 1, &out), 0);
    ck_assert_int_eq(unpack_body("identity", "y", 1, &out), 0);
    ck_assert_str_eq(buf_text(&out), "xy");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("unpack");

    fill();
    tcase_add_loop_test(tests, comes_out_as_it_went_in, 0, ARRAY_SIZE(encodings));
    tcase_add_loop_test(
        tests, is_refused_when_it_is_cut_or_something_else, 0, ARRAY_SIZE(encodings));
    tcase_add_test(tests, members_of_gzip_follow_each_other);
    tcase_add_test(tests, what_is_not_known_is_said);
    return unit_run(tests);
}
