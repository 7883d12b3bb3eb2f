/* The decisions about files, as tables: who they are, where lanes are, what changed. */
#include <string.h>
#include "base/util.h"
#include "input/checkpoint_record.h"
#include "input/tail.h"
#include "unit.h"

static const struct {
    const char *before, *after;
    bool same;
} prints[] = {
    {"", "", true},
    {"", "anything", true},
    {"abc", "abc", true},
    {"abc", "abcdef", true},
    {"abc", "ab", false},
    {"abc", "", false},
    {"abc", "xbc", false},
    {"abc", "xbcdef", false},
};

START_TEST(fingerprint_grows_with_the_file)
{
    struct fingerprint print = {0};
    const char *before = prints[_i].before, *after = prints[_i].after;
    uint32_t length;

    ck_assert(fingerprint_match(&print, before, (uint32_t)strlen(before)));
    length = print.length;
    ck_assert_uint_eq(length, strlen(before));
    ck_assert(fingerprint_match(&print, after, (uint32_t)strlen(after)) == prints[_i].same);
    ck_assert_uint_eq(print.length, prints[_i].same ? strlen(after) : length);
}
END_TEST

static const struct {
    const char *start;
    size_t size;
    bool compressed;
} starts_of_files[] = {
    {"", 0, false},
    {"2026-11-27 one\n", 15, false},
    {"\x1F\x8B\x08\0\0", 5, true},
    {"\x1F\x8B", 2, false}, /* too little to know */
    {"(\xB5/\xFD", 4, true},
    {"(\xB5/ text", 9, false},
    {"\xFD"
     "7zXZ\0",
        6, true},
    {"BZh91AY&SY", 10, true},
    {"BZh9 is text", 12, false},
    {"\x04\x22\x4D\x18", 4, true},
    {"PK\x03\x04", 4, true},
    {"PK is text", 10, false},
    {"\x1F\x9D\x90", 3, true},
};

START_TEST(compressed_files_are_known_by_their_start)
{
    ck_assert(compressed_mark((const unsigned char *)starts_of_files[_i].start,
                  starts_of_files[_i].size) == starts_of_files[_i].compressed);
}
END_TEST

static const struct {
    uint64_t position, size;
    bool same_print;
    enum tail_change change;
} changes[] = {
    {0, 0, true, TAIL_SAME},
    {10, 10, true, TAIL_SAME},
    {10, 20, true, TAIL_SAME},
    {10, 9, true, TAIL_TRUNCATED},
    {10, 0, true, TAIL_TRUNCATED},
    {10, 0, false, TAIL_REPLACED},
    {10, 20, false, TAIL_REPLACED},
    {0, 20, false, TAIL_REPLACED},
};

START_TEST(changes_are_told_apart)
{
    ck_assert_int_eq(tail_change_of(changes[_i].position, changes[_i].size, changes[_i].same_print),
        changes[_i].change);
}
END_TEST

static const uint64_t starts[] = {100, 40, 100, 70};

static const struct {
    uint64_t at, lanes, boundary;
} lanes[] = {
    {40, 0x2, 70},
    {69, 0x2, 70},
    {70, 0xA, 100},
    {99, 0xA, 100},
    {100, 0xF, UINT64_MAX},
    {500, 0xF, UINT64_MAX},
};

START_TEST(each_lane_gets_what_lies_behind_its_start)
{
    ck_assert_uint_eq(lanes_at(starts, 4, lanes[_i].at), lanes[_i].lanes);
    ck_assert_uint_eq(next_boundary(starts, 4, lanes[_i].at), lanes[_i].boundary);
    ck_assert_uint_eq(lanes_at(NULL, 4, lanes[_i].at), 0xF);
    ck_assert_uint_eq(next_boundary(NULL, 4, lanes[_i].at), UINT64_MAX);
}
END_TEST

/* Lanes a at 10, b at 20, gone at 5 are saved; where do those of now continue? */
static const struct {
    const char *lanes[3];
    uint32_t n;
    uint64_t positions[3];
} resumed[] = {
    {{"a", "b"}, 2, {10, 20}},
    {{"b", "a"}, 2, {20, 10}},
    {{"a", "new", "b"}, 3, {10, 10, 20}},
    {{"new", "b"}, 2, {20, 20}},
    {{"new", "newer"}, 2, {5, 5}},
};

START_TEST(lanes_are_found_by_name)
{
    struct checkpoint_record record = {
        .path = {"/a/b.log", 8},
        .print = {77, 1024},
        .saved_s = 99,
        .n_lanes = 3,
        .lanes = {{"a", 1}, {"gone", 4}, {"b", 1}},
        .positions = {10, 5, 20},
    };
    struct checkpoint_record again;
    SCOPED_BUF struct buf value = {0};
    uint64_t positions[3];

    checkpoint_encode(&record, &value);
    ck_assert(checkpoint_decode(value.data, value.size, &again));
    ck_assert_uint_eq(again.path.size, 8);
    ck_assert_mem_eq(again.path.data, "/a/b.log", 8);
    ck_assert_uint_eq(again.print.hash, 77);
    ck_assert_uint_eq(again.saved_s, 99);
    checkpoint_positions(&again, resumed[_i].lanes, resumed[_i].n, positions);
    for (uint32_t i = 0; i < resumed[_i].n; i++)
        ck_assert_uint_eq(positions[i], resumed[_i].positions[i]);
}
END_TEST

START_TEST(damaged_record_is_refused)
{
    struct checkpoint_record record = {
        .path = {"/a", 2}, .n_lanes = 1, .lanes = {{"a", 1}}, .positions = {10}};
    struct checkpoint_record again;
    SCOPED_BUF struct buf value = {0};

    checkpoint_encode(&record, &value);
    for (size_t i = 0; i < value.size; i++) {
        value.data[i] ^= 1;
        ck_assert(!checkpoint_decode(value.data, value.size, &again));
        value.data[i] ^= 1;
        ck_assert(!checkpoint_decode(value.data, i, &again));
    }
    ck_assert(checkpoint_decode(value.data, value.size, &again));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("tail");

    tcase_add_loop_test(tests, fingerprint_grows_with_the_file, 0, (int)ARRAY_SIZE(prints));
    tcase_add_loop_test(
        tests, compressed_files_are_known_by_their_start, 0, (int)ARRAY_SIZE(starts_of_files));
    tcase_add_loop_test(tests, changes_are_told_apart, 0, (int)ARRAY_SIZE(changes));
    tcase_add_loop_test(
        tests, each_lane_gets_what_lies_behind_its_start, 0, (int)ARRAY_SIZE(lanes));
    tcase_add_loop_test(tests, lanes_are_found_by_name, 0, (int)ARRAY_SIZE(resumed));
    tcase_add_test(tests, damaged_record_is_refused);
    return unit_run(tests);
}
