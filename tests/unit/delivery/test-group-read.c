#include <check.h>
#include <string.h>
#include <weir/loggroup.h>
#include "base/util.h"
#include "delivery/group_read.h"
#include "unit.h"

static struct memory *memory;

static void setup(void)
{
    memory = memory_create(MEMORY_LIMIT_DEFAULT);
}

static void teardown(void)
{
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
}

static struct group *read_bytes(const void *bytes, size_t size)
{
    struct block *block = block_get(memory, size + 1);
    struct group *group;

    memcpy(block->data, bytes, size);
    group = group_read(memory, block, (struct weir_str){block->data, size}, NULL, UINT64_MAX);
    block_unref(block);
    return group;
}

static struct group *make_group(void)
{
    static const char zeros[300];
    struct batch *batch = batch_create(memory, 4);
    struct group_builder *builder = group_open(memory, 100);
    struct weir_kv tags[] = {{str_of("__path__"), str_of("/var/log/a")}, {{"", 0}, {zeros, 3}}};
    struct group_facts facts = {
        tags, 2, str_of("topic"), str_of("store"), str_of("10.0.0.1"), str_of("uuid")};
    struct weir_log *log;
    struct group *group;

    for (uint32_t i = 0; i < 50; i++) {
        log = batch_add_log(batch, 3);
        log->time_s = 1700000000 + i;
        log->time_ns = i % 3 ? 0 : 999999999 - i;
        for (uint32_t j = 0; j < i % 4; j++)
            batch_add_content(batch, log, j ? str_of("key") : (struct weir_str){zeros, j},
                (struct weir_str){zeros, i * 5});
    }
    group_add(builder, batch, 0, batch->n_logs, true);
    group = group_seal(builder, &facts);
    batch_destroy(batch);
    return group;
}

/* Equal when their messages are. */
static void expect_equal(const struct group *a, const struct group *b)
{
    struct weir_buffer x = {0}, y = {0};

    weir_loggroup_append(&x, &a->view);
    weir_loggroup_append(&y, &b->view);
    ck_assert_uint_eq(x.size, y.size);
    ck_assert_int_eq(memcmp(x.data, y.data, x.size), 0);
    ck_assert_uint_eq(a->view.bytes, b->view.bytes);
    ck_assert_uint_eq(a->view.n_logs, b->view.n_logs);
    weir_buffer_finish(&x);
    weir_buffer_finish(&y);
}

START_TEST(what_was_written_comes_back)
{
    struct group *group = make_group();
    struct weir_buffer buffer = {0};
    struct group *back;

    weir_loggroup_append(&buffer, &group->view);
    back = read_bytes(buffer.data, buffer.size);
    ck_assert_ptr_nonnull(back);
    expect_equal(group, back);
    ck_assert_uint_eq(weir_log_at(&back->view, 3)->time_ns, 999999996);
    ck_assert_uint_eq(weir_log_at(&back->view, 7)->n_contents, 3);
    group_unref(back);
    group_unref(group);
    weir_buffer_finish(&buffer);
}
END_TEST

START_TEST(any_prefix_is_read_or_refused_and_nothing_beyond)
{
    struct group *group = make_group();
    struct weir_buffer buffer = {0};

    weir_loggroup_append(&buffer, &group->view);
    for (size_t size = 0; size < buffer.size; size++) {
        struct group *back = read_bytes(buffer.data, size);

        if (back)
            ck_assert_uint_le(back->view.n_logs, group->view.n_logs);
        group_unref(back);
    }
    group_unref(group);
    weir_buffer_finish(&buffer);
}
END_TEST

static const struct {
    const char *what, *bytes;
    size_t size;
    bool good;
} rows[] = {
    {"nothing: no logs", "", 0, true},
    {"an empty log", "\x0A\x00", 2, true},
    {"an unknown varint", "\x78\x05", 2, true},
    {"unknown bytes", "\x7A\x02zz", 4, true},
    {"an unknown fixed64", "\x79\x01\x02\x03\x04\x05\x06\x07\x08", 9, true},
    {"a time as bytes is skipped", "\x0A\x03\x0A\x01x", 5, true},
    {"a length beyond the end", "\x0A\x05x", 3, false},
    {"a length of 2^63", "\x0A\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x7F", 10, false},
    {"a varint that does not end", "\x08\xFF\xFF", 3, false},
    {"a varint of eleven bytes", "\x78\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF\x01", 12, false},
    {"field number 0", "\x02\x00", 2, false},
    {"a start of a group", "\x0B", 1, false},
    {"half of a fixed32", "\x0A\x03\x25\x01\x02", 5, false},
    {"a malformed pair", "\x0A\x04\x12\x02\x0A\x09", 6, false},
    {"a malformed tag", "\x32\x02\x0A\x09", 4, false},
};

START_TEST(reads_by_the_table)
{
    struct group *group = read_bytes(rows[_i].bytes, rows[_i].size);

    ck_assert_msg((group != NULL) == rows[_i].good, "%s", rows[_i].what);
    group_unref(group);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("group_read");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, what_was_written_comes_back);
    tcase_add_test(tests, any_prefix_is_read_or_refused_and_nothing_beyond);
    tcase_add_loop_test(tests, reads_by_the_table, 0, (int)ARRAY_SIZE(rows));
    return unit_run(tests);
}
