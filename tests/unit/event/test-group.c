/* Batches and the groups made of them: contents, what is held, who lets go. */
#include <pthread.h>
#include <stdio.h>
#include "base/util.h"
#include "event/group.h"
#include "unit.h"

static struct memory *memory;

static void start(void)
{
    memory = memory_create(1 << 30);
}

static void end(void)
{
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
}

static const struct group_facts no_facts;

/* Logs "k"="<number>" whose values lie in a block of their own. */
static struct batch *make_batch(uint32_t n_logs)
{
    struct batch *batch = batch_create(memory, n_logs);
    struct block *block = block_get(memory, 16 * KIB);

    for (uint32_t i = 0; i < n_logs; i++) {
        char *value = block->data + 8 * i;

        batch_add_content(batch, batch_add_log(batch, 1), batch_copy(batch, str_of("k")),
            (struct weir_str){value, (size_t)snprintf(value, 8, "%u", i)});
    }
    batch_add_block(batch, block);
    block_unref(block);
    return batch;
}

static void check_logs(const struct group *group, uint32_t first, uint32_t count)
{
    char expected[12];

    ck_assert_uint_eq(group->view.n_logs, count);
    for (uint32_t i = 0; i < count; i++) {
        const struct weir_log *log = weir_log_at(&group->view, i);

        snprintf(expected, sizeof expected, "%u", first + i);
        ck_assert_uint_eq(log->n_contents, 1);
        ck_assert_uint_eq(log->reserved, 0);
        ck_assert(str_equal(log->contents[0].key, str_of("k")));
        ck_assert(str_equal(log->contents[0].value, str_of(expected)));
    }
}

START_TEST(a_batch_grows)
{
    struct batch *batch = batch_create(memory, 0);

    for (uint32_t i = 0; i < 1000; i++) {
        struct weir_log *log = batch_add_log(batch, i % 3);

        for (uint32_t j = 0; j < i % 20; j++)
            batch_add_content(
                batch, log, str_of("k"), (struct weir_str){"abcdefghijklmnopqrst", j});
    }
    ck_assert_uint_eq(batch->n_logs, 1000);
    for (uint32_t i = 0; i < 1000; i++) {
        ck_assert_uint_eq(batch->logs[i].n_contents, i % 20);
        for (uint32_t j = 0; j < i % 20; j++)
            ck_assert_uint_eq(batch->logs[i].contents[j].value.size, j);
    }
    batch_destroy(batch);
    batch_destroy(NULL);
}
END_TEST

START_TEST(contents_are_found_and_removed)
{
    struct batch *batch = batch_create(memory, 1);
    struct weir_log *log = batch_add_log(batch, 0);
    static const char *const keys[] = {"a", "b", "", "b", "c"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++)
        batch_add_content(batch, log, str_of(keys[i]), str_of(keys[i]));
    ck_assert_uint_eq(log_find(log, str_of("b")), 1);
    ck_assert_uint_eq(log_find(log, (struct weir_str){NULL, 0}), 2);
    ck_assert_uint_eq(log_find(log, str_of("B")), 5);
    log_remove(log, 1);
    ck_assert_uint_eq(log_find(log, str_of("b")), 2);
    log_remove(log, 3);
    ck_assert_uint_eq(log->n_contents, 3);
    ck_assert_uint_eq(log_find(log, str_of("c")), 3);
    batch_destroy(batch);
}
END_TEST

START_TEST(a_group_outlives_the_batch)
{
    bool copy = _i;
    struct batch *batch = make_batch(500);
    struct group_builder *builder = group_open(memory, 1024);
    struct group *group;

    group_add(builder, batch, 100, 50, copy);
    group_add(builder, batch, 150, 250, copy);
    batch_destroy(batch);
    group = group_seal(builder, &no_facts);
    check_logs(group, 100, 300);
    if (copy)
        ck_assert_uint_eq(group->n_blocks, 0);
    group_unref(group);
    group_unref(NULL);
}
END_TEST

START_TEST(blocks_are_held_once)
{
    struct batch *batch = make_batch(4);
    struct group_builder *builder = group_open(memory, 4);
    struct group *group;
    uint32_t n_blocks = batch->n_blocks;

    for (struct block *block = batch->arena.blocks; block; block = block->next)
        n_blocks++;
    for (uint32_t i = 0; i < 4; i++)
        group_add(builder, batch, i, 1, false);
    group = group_seal(builder, &no_facts);
    ck_assert_uint_eq(group->n_blocks, n_blocks);
    ck_assert_uint_eq(atomic_load(&batch->blocks[0]->refs), 2);
    batch_destroy(batch);
    group_unref(group);
}
END_TEST

START_TEST(what_fits)
{
    struct batch *batch = make_batch(10); /* estimate of each: 6 + 5 + 1 + 1 */
    struct group_builder *builder = group_open(memory, 100);

    ck_assert_uint_eq(log_estimate(&batch->logs[0]), 13);
    ck_assert_uint_eq(group_add_fitting(builder, batch, 0, 10, 5, false), 1);
    ck_assert_uint_eq(group_add_fitting(builder, batch, 1, 9, 5, false), 0);
    ck_assert_uint_eq(group_add_fitting(builder, batch, 1, 9, 26, false), 1);
    ck_assert_uint_eq(group_add_fitting(builder, batch, 2, 2, 1000, false), 2);
    ck_assert_uint_eq(group_add_fitting(builder, batch, 4, 6, 13 * 9 + 12, false), 5);
    ck_assert_uint_eq(group_builder_logs(builder), 9);
    ck_assert_uint_eq(group_builder_bytes(builder), 13 * 9);
    batch_destroy(batch);
    group_unref(group_seal(builder, &(struct group_facts){0}));
}
END_TEST

START_TEST(facts_are_copied)
{
    struct weir_kv tags[] = {{str_of("a"), str_of("1")}, {str_of(""), str_of("")}};
    struct group_facts facts = {
        tags, 2, str_of("topic"), str_of("category"), str_of("1.2.3.4"), str_of("uuid")};
    struct group *group = group_seal(group_open(memory, 1), &facts);

    tags[0].key = str_of("x");
    ck_assert_uint_eq(group->view.n_logs, 0);
    ck_assert_uint_eq(group->view.n_tags, 2);
    ck_assert(str_equal(group->view.tags[0].key, str_of("a")));
    ck_assert(str_equal(group->view.tags[1].value, str_of("")));
    ck_assert(str_equal(group->view.topic, str_of("topic")));
    ck_assert(str_equal(group->view.category, str_of("category")));
    ck_assert(str_equal(group->view.source, str_of("1.2.3.4")));
    ck_assert(str_equal(group->view.machine_uuid, str_of("uuid")));
    ck_assert_uint_gt(group->sealed_ns, 0);
    group_unref(group);
}
END_TEST

START_TEST(sizes)
{
    struct batch *batch = batch_create(memory, 2);
    struct group_builder *builder = group_open(memory, 2);
    struct group *group;

    for (int i = 0; i < 2; i++) {
        struct weir_log *log = batch_add_log(batch, 2);

        batch_add_content(batch, log, str_of("key"), str_of("value"));
        batch_add_content(batch, log, str_of(""), str_of("12"));
    }
    group_add(builder, batch, 0, 2, false);
    batch_destroy(batch);
    ck_assert_uint_eq(group_builder_bytes(builder), 2 * (6 + 5 + 8 + 5 + 2));
    group = group_seal(builder, &no_facts);
    ck_assert_uint_eq(group->view.bytes, 20);
    ck_assert_uint_eq(group->held_bytes, memory_used(memory)); /* it has all of the batch */
    group_unref(group);
}
END_TEST

/* Groups made of one batch share its memory; a copy keeps nothing of it. */
START_TEST(shared_memory_counts_in_parts)
{
    struct batch *batch = batch_create(memory, 4);
    struct block *block = block_get(memory, 1 * MIB);
    struct group *groups[2];
    size_t n_taken[] = {1, 3}, bytes;

    batch_add_block(batch, block);
    block_unref(block);
    for (int i = 0; i < 4; i++)
        batch_add_content(batch, batch_add_log(batch, 1), str_of("key"), str_of("value"));
    bytes = memory_used(memory);
    for (int i = 0; i < 2; i++) {
        struct group_builder *builder = group_open(memory, 4);

        group_add(builder, batch, (uint32_t)i, (uint32_t)n_taken[i], i == 1 && _i == 1);
        groups[i] = group_seal(builder, &no_facts);
    }
    ck_assert_uint_eq(groups[0]->held_bytes, bytes / 4 + 4 * KIB);
    ck_assert_uint_eq(groups[1]->held_bytes, (_i ? 0 : bytes / 4 * 3) + 4 * KIB);
    batch_destroy(batch);
    for (int i = 0; i < 2; i++)
        group_unref(groups[i]);
}
END_TEST

static void open_source(struct ack_source *source)
{
    static const uint64_t positions[2];

    *source = (struct ack_source){0};
    ack_source_init(source, 2, positions);
}

START_TEST(a_range_is_held_until_each_group_is_released)
{
    struct batch *batch = make_batch(6);
    struct ack_source source;
    struct group *groups[3];

    open_source(&source);
    batch->lanes = 3;
    batch->range = range_open(&source, 0, 9, 3);
    for (uint32_t i = 0; i < 3; i++) {
        struct group_builder *builder = group_open(memory, 2);

        group_add(builder, batch, 2 * i, 1, false);
        group_add(builder, batch, 2 * i + 1, 1, false);
        groups[i] = group_seal(builder, &no_facts);
        ck_assert_uint_eq(groups[i]->lanes, 3);
        ck_assert_uint_eq(groups[i]->n_ranges, 1);
    }
    batch_destroy(batch);
    group_release(groups[2], 0);
    group_release(groups[0], 0);
    ck_assert_uint_eq(ack_position(&source, 0), 0);
    group_release(groups[1], 0);
    ck_assert_uint_eq(ack_position(&source, 0), 9);
    group_release(groups[0], 1);
    group_give_back(groups[1], 1);
    group_release(groups[2], 1);
    ck_assert_uint_eq(ack_position(&source, 1), 0);
    for (int i = 0; i < 3; i++)
        group_unref(groups[i]);
    ack_source_finish(&source);
}
END_TEST

START_TEST(steady_state_uses_the_same_memory)
{
    size_t after_first = 0;

    for (int i = 0; i < 50; i++) {
        struct batch *batch = make_batch(500);
        struct group_builder *builder = group_open(memory, 1024);

        group_add(builder, batch, 0, 500, false);
        batch_destroy(batch);
        if (!after_first)
            after_first = memory_used(memory);
        ck_assert_uint_eq(memory_used(memory), after_first);
        group_unref(group_seal(builder, &no_facts));
    }
}
END_TEST

#define N_GROUPS 5000

static struct group *shared[N_GROUPS];

static void *settle(void *argument)
{
    uint32_t lane = (uint32_t)(uintptr_t)argument;
    unsigned sum = 0;

    for (uint32_t i = 0; i < N_GROUPS; i++) {
        sum += (unsigned char)shared[i]->view.logs[1].contents[0].value.data[0];
        group_release(shared[i], lane);
        group_unref(shared[i]);
    }
    return (void *)(uintptr_t)sum; /* Check's assertions are for one thread only */
}

START_TEST(two_lanes_settle_on_two_threads)
{
    struct ack_source source;
    pthread_t threads[2];

    open_source(&source);
    for (uint32_t i = 0; i < N_GROUPS; i++) {
        struct batch *batch = make_batch(2);
        struct group_builder *builder = group_open(memory, 2);

        batch->lanes = 3;
        batch->range = range_open(&source, i, i + 1, 3);
        group_add(builder, batch, 0, 2, true);
        batch_destroy(batch);
        shared[i] = group_ref(group_seal(builder, &no_facts));
    }
    for (uintptr_t i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, settle, (void *)i);
    for (int i = 0; i < 2; i++) {
        void *sum;

        pthread_join(threads[i], &sum);
        ck_assert_uint_eq((uintptr_t)sum, N_GROUPS * '1');
    }
    ck_assert_uint_eq(ack_position_min(&source), N_GROUPS);
    ack_source_finish(&source);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("group");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, end);
    tcase_add_test(tests, a_batch_grows);
    tcase_add_test(tests, contents_are_found_and_removed);
    tcase_add_loop_test(tests, a_group_outlives_the_batch, 0, 2);
    tcase_add_test(tests, blocks_are_held_once);
    tcase_add_test(tests, what_fits);
    tcase_add_test(tests, facts_are_copied);
    tcase_add_test(tests, sizes);
    tcase_add_loop_test(tests, shared_memory_counts_in_parts, 0, 2);
    tcase_add_test(tests, a_range_is_held_until_each_group_is_released);
    tcase_add_test(tests, steady_state_uses_the_same_memory);
    tcase_add_test(tests, two_lanes_settle_on_two_threads);
    return unit_run(tests);
}
