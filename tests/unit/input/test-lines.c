/* How much is read at once, by how many logs it gives. */
#include <check.h>
#include <string.h>
#include "base/util.h"
#include "input/lines.h"
#include "unit.h"

static struct memory *memory;
static struct lines_scratch scratch;
static struct lines lines;

static void setup(void)
{
    memory = memory_create(MEMORY_LIMIT_DEFAULT);
    lines = (struct lines){.memory = memory, .rules = &lines_plain, .scratch = &scratch};
}

static void teardown(void)
{
    lines_finish(&lines);
    lines_scratch_finish(&scratch);
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
}

/* One read of a file that is large enough and has a newline each `every` bytes. */
static uint32_t read_once(size_t every, size_t *ret_size)
{
    struct batch *batch;
    uint32_t n_logs;
    char *to = lines_room(&lines, 64 * MIB, ret_size);

    memset(to, 'x', *ret_size);
    for (size_t i = every - 1; i < *ret_size; i += every)
        to[i] = '\n';
    batch = lines_take(&lines, *ret_size);
    n_logs = batch ? batch->n_logs : 0;
    batch_destroy(batch);
    return n_logs;
}

START_TEST(short_lines_are_read_in_small_pieces)
{
    size_t size = 0;

    ck_assert_uint_eq(read_once(1, &size), size);
    ck_assert_uint_gt(size, 128 * KIB);
    for (int i = 0; i < 100; i++) {
        uint32_t n_logs = read_once(1, &size);

        ck_assert_uint_le(n_logs, 16 * 1024);
        ck_assert_uint_ge(n_logs, 8 * 1024);
    }
    ck_assert_uint_le(memory_used(memory), MIB);
}
END_TEST

START_TEST(behind_short_lines_reads_grow_again)
{
    size_t size = 0;

    read_once(1, &size);
    read_once(1, &size);
    ck_assert_uint_le(size, 16 * KIB);
    for (int i = 0; i < 16; i++)
        read_once(200, &size);
    ck_assert_uint_gt(size, 128 * KIB);
}
END_TEST

/* What is held of a line that has no end yet is no reason to read less than a byte. */
START_TEST(a_long_line_behind_short_ones_is_read)
{
    size_t size = 0, sum = 0;

    read_once(1, &size);
    for (int i = 0; sum < 8 * MIB; i++) {
        ck_assert_int_lt(i, 200);
        ck_assert_uint_eq(read_once(SIZE_MAX / 2, &size), 0);
        ck_assert_uint_ge(size, 1);
        sum += size;
    }
    ck_assert_uint_eq(lines_held(&lines), sum);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lines");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, short_lines_are_read_in_small_pieces);
    tcase_add_test(tests, behind_short_lines_reads_grow_again);
    tcase_add_test(tests, a_long_line_behind_short_ones_is_read);
    return unit_run(tests);
}
