/* The kit's malloc: what it notes of a plugin, and how it makes it fail. The plugin here
 * is this program itself. */
#include "kit/heap.h"

#include <string.h>
#include "unit.h"

/* What the compiler cannot leave out. */
static void *volatile block;

static void live(size_t blocks, uint64_t bytes)
{
    size_t n_blocks;
    uint64_t n_bytes;

    heap_live(&n_blocks, &n_bytes);
    ck_assert_uint_eq(n_blocks, blocks);
    ck_assert_uint_eq(n_bytes, bytes);
}

static void setup(void)
{
    heap_kit_thread();
}

START_TEST(notes_what_is_got_inside)
{
    void *volatile mine, *volatile other; /* or the compiler does without them */

    if (!heap_visible())
        return;
    heap_watch(true);
    mine = malloc(10);
    heap_enter();
    block = malloc(20);
    other = calloc(3, 10);
    heap_leave();
    live(2, 50);
    heap_enter();
    block = realloc(block, 25);
    heap_leave();
    live(2, 55);
    free(block);
    live(1, 30);
    free(mine);
    free(other);
    live(0, 0);
    heap_watch(false);
}
END_TEST

START_TEST(keeps_notes_apart)
{
    void *blocks[1000];

    if (!heap_visible())
        return;
    heap_watch(true);
    heap_enter();
    for (size_t i = 0; i < 1000; i++)
        blocks[i] = malloc(16);
    heap_leave();
    for (size_t i = 0; i < 1000; i += 2)
        free(blocks[i]);
    live(500, 8000);
    for (size_t i = 1; i < 1000; i += 2)
        free(blocks[i]);
    live(0, 0);
    heap_watch(false);
}
END_TEST

START_TEST(sees_a_border_that_is_gone)
{
    char text[256] = "";

    if (!heap_visible())
        return;
    heap_guard(true);
    heap_enter();
    block = malloc(8);
    memset(block, 'x', 8);
    free(block);
    ck_assert(!heap_overrun(text, sizeof text));
    block = malloc(8);
    ((volatile char *)block)[8] = 'x';
    free(block);
    heap_leave();
    heap_guard(false);
    ck_assert(heap_overrun(text, sizeof text));
}
END_TEST

START_TEST(fails_only_for_the_plugin)
{
    if (!heap_visible())
        return;
    heap_know_plugin("no such file"); /* so nobody is the plugin */
    heap_enter();
    heap_fail_at(1);
    block = malloc(8);
    heap_leave();
    ck_assert_ptr_nonnull(block);
    ck_assert(!heap_has_failed());
    free(block);
    heap_fail_at(0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("heap");

    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, notes_what_is_got_inside);
    tcase_add_test(tests, keeps_notes_apart);
    tcase_add_test(tests, sees_a_border_that_is_gone);
    tcase_add_test(tests, fails_only_for_the_plugin);
    return unit_run(tests);
}
