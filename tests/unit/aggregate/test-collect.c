/* The aggregators on a real loop: limits, ages, sources, what groups say and hold. */
#include <stdio.h>
#include <weir/batch.h>
#include "aggregate/harness.h"
#include "base/clock.h"
#include "base/mem.h"
#include "unit.h"

static void stop_at(struct loop_timer *timer)
{
    (void)timer;
    loop_stop(test.loop);
}

static void run_for(uint64_t ms)
{
    struct loop_timer stop = {.expired = stop_at};

    loop_set_timer(test.loop, &stop, clock_now_ns() + ms * NS_PER_MS);
    loop_run(test.loop);
}

static const struct {
    const char *what;
    struct given given[3];
    uint32_t n_logs;
    uint32_t value_size;
    uint32_t groups[6]; /* logs of each group, 0 behind the last */
    uint32_t n_before_seal;
} limits[] = {
    {"below", {{0}}, 1023, 10, {1023}, 0},
    {"just full", {{0}}, 1024, 10, {1024}, 1},
    {"one more", {{0}}, 1025, 10, {1024, 1}, 1},
    {"several groups of one batch", {{0}}, 2700, 10, {1024, 1024, 652}, 2},
    {"MaxLogCount", {{"MaxLogCount", "2"}}, 5, 10, {2, 2, 1}, 2},
    {"MaxLogCount 1", {{"MaxLogCount", "1"}}, 3, 10, {1, 1, 1}, 3},
    /* 3 MiB: each log counts 6 + 5 + 3 + its value. */
    {"bytes, just full", {{0}}, 3, (1 << 20) - 14, {3}, 0},
    {"bytes, one log more", {{0}}, 4, (1 << 20) - 14, {3, 1}, 1},
    {"one byte too many", {{0}}, 3, (1 << 20) - 13, {2, 1}, 1},
    {"a log larger than a group", {{0}}, 2, 4 << 20, {1, 1}, 1},
};

START_TEST(limits_of_a_group)
{
    size_t n_groups = 0;

    create("aggregator_default", limits[_i].given);
    push_logs("", limits[_i].n_logs, limits[_i].value_size);
    ck_assert_msg(test.n_groups == limits[_i].n_before_seal, "%s: %zu groups", limits[_i].what,
        test.n_groups);
    seal();
    for (; limits[_i].groups[n_groups]; n_groups++)
        ck_assert_msg(view(n_groups)->n_logs == limits[_i].groups[n_groups], "%s: %u logs",
            limits[_i].what, view(n_groups)->n_logs);
    ck_assert_uint_eq(test.n_groups, n_groups);
}
END_TEST

START_TEST(batches_fill_one_group)
{
    create("aggregator_default", NULL);
    for (int i = 0; i < 5; i++)
        push_logs("", 300, 10);
    ck_assert_uint_eq(test.n_groups, 1);
    seal();
    ck_assert_uint_eq(view(1)->n_logs, 476);
    ck_assert_uint_eq(weir_log_at(view(1), 0)->time_s, 125);
}
END_TEST

START_TEST(what_a_group_says)
{
    static const struct given given[] = {{"Topic", "ours"}, {0}};
    struct batch *batch = make_batch("file", 1, 3);
    struct weir_kv tags[] = {{str_of("__path__"), str_of("/x")}, {str_of("b"), str_of("")}};
    const struct weir_group *group;

    create("aggregator_context", given);
    batch->tags = tags;
    batch->n_tags = 2;
    push(batch);
    seal();
    group = view(0);
    ck_assert_uint_eq(group->n_tags, 3);
    check_text(group->tags[0].key, "__path__");
    check_text(group->tags[0].value, "/x");
    check_text(group->tags[1].key, "b");
    check_text(group->tags[2].key, "__pack_id__");
    check_text(group->topic, "ours");
    check_text(group->category, "store");
    check_text(group->machine_uuid, "");
    check_text(group->source, "10.0.0.9");
    ck_assert_uint_eq(group->struct_size, sizeof *group);
    ck_assert_uint_eq(group->log_stride, sizeof(struct weir_log));
    ck_assert_uint_eq(group->bytes, 6);
}
END_TEST

static const struct {
    const char *type, *option, *of_source, *expected;
} topics[] = {
    {"aggregator_context", "", "", ""},
    {"aggregator_context", "o", "", "o"},
    {"aggregator_context", "o", "s", "s"},
    {"aggregator_context", "", "s", "s"},
    {"aggregator_base", "o", "s", "o"},
    {"aggregator_base", "", "s", "s"},
};

START_TEST(topic_row)
{
    struct given given[] = {{"Topic", topics[_i].option}, {0}};
    struct batch *batch = make_batch("", 1, 3);

    create(topics[_i].type, given);
    batch->topic = str_of(topics[_i].of_source);
    push(batch);
    seal();
    check_text(view(0)->topic, topics[_i].expected);
}
END_TEST

/* Splits a pack id, checking its form. */
static unsigned long long pack_number(const struct weir_group *group, char prefix[static 17])
{
    struct weir_str id = group->tags[group->n_tags - 1].value;
    size_t size = (size_t)((const char *)memchr(id.data, '-', id.size) - id.data);
    char number[17];

    ck_assert_uint_le(size, 16);
    ck_assert_uint_le(id.size - size - 1, 16);
    snprintf(prefix, 17, "%.*s", (int)size, id.data);
    snprintf(number, sizeof number, "%.*s", (int)(id.size - size - 1), id.data + size + 1);
    ck_assert_uint_eq(strspn(prefix, "0123456789ABCDEF"), size);
    ck_assert_uint_eq(strspn(number, "0123456789ABCDEF"), strlen(number));
    return strtoull(number, NULL, 16);
}

START_TEST(pack_ids_by_source_count_from_1)
{
    static const struct given given[] = {{"MaxLogCount", "1"}, {0}};
    char prefix_a[17], prefix_b[17], again[17];

    create("aggregator_default", given);
    push_logs("a", 20, 1);
    push_logs("b", 1, 1);
    push_logs("a", 1, 1);
    for (unsigned i = 0; i < 20; i++) {
        ck_assert_uint_eq(pack_number(view(i), again), i + 1);
        if (i == 0)
            memcpy(prefix_a, again, sizeof prefix_a);
        ck_assert_str_eq(prefix_a, again);
    }
    ck_assert_uint_eq(pack_number(view(20), prefix_b), 1);
    ck_assert_str_ne(prefix_a, prefix_b);
    ck_assert_uint_eq(pack_number(view(21), again), 21);
    ck_assert_str_eq(prefix_a, again);
}
END_TEST

START_TEST(pack_ids_of_base_count_from_0_for_all)
{
    static const struct given given[] = {{"MaxLogCount", "1"}, {0}};
    char first[17], prefix[17];

    create("aggregator_base", given);
    push_logs("a", 1, 1);
    push_logs("b", 1, 1);
    ck_assert_uint_eq(pack_number(view(0), first), 0);
    ck_assert_uint_eq(pack_number(view(1), prefix), 1);
    ck_assert_str_eq(first, prefix);
}
END_TEST

START_TEST(no_pack_ids)
{
    static const struct given given[] = {{"PackFlag", "false"}, {0}};

    create("aggregator_default", given);
    push_logs("", 1, 1);
    seal();
    ck_assert_uint_eq(view(0)->n_tags, 0);
}
END_TEST

START_TEST(sources_are_not_mixed)
{
    create("aggregator_default", NULL);
    for (int i = 0; i < 10; i++) {
        push_logs("a", 3, 1);
        push_logs("b", 2, 1);
        push_logs("", 1, 1);
    }
    ck_assert_uint_eq(test.n_groups, 0);
    seal();
    ck_assert_uint_eq(test.n_groups, 3);
    ck_assert_uint_eq(view(0)->n_logs, 30);
    ck_assert_uint_eq(view(1)->n_logs, 20);
    ck_assert_uint_eq(view(2)->n_logs, 10);
}
END_TEST

START_TEST(other_tags_seal_the_group)
{
    struct weir_kv tags[] = {{str_of("k"), str_of("1")}, {str_of("k"), str_of("2")}};

    create("aggregator_default", NULL);
    for (int i = 0; i < 4; i++) {
        struct batch *batch = make_batch("a", 1, 1);

        batch->tags = &tags[i / 2];
        batch->n_tags = 1;
        push(batch);
    }
    ck_assert_uint_eq(test.n_groups, 1);
    check_text(view(0)->tags[0].value, "1");
    ck_assert_uint_eq(view(0)->n_logs, 2);
    seal();
    check_text(view(1)->tags[0].value, "2");
}
END_TEST

START_TEST(other_lanes_seal_the_group)
{
    create("aggregator_default", NULL);
    for (int i = 0; i < 4; i++) {
        struct batch *batch = make_batch("a", 1, 1);

        batch->lanes = i < 3 ? 3 : 2;
        push(batch);
    }
    ck_assert_uint_eq(test.n_groups, 1);
    ck_assert_uint_eq(test.groups[0]->lanes, 3);
    seal();
    ck_assert_uint_eq(test.groups[1]->lanes, 2);
}
END_TEST

START_TEST(logs_without_contents_are_left_out)
{
    struct batch *batch = make_batch("", 5, 1);

    create("aggregator_default", NULL);
    batch->logs[0].n_contents = batch->logs[3].n_contents = 0;
    push(batch);
    batch = make_batch("", 1, 1);
    batch->logs[0].n_contents = 0;
    push(batch);
    seal();
    ck_assert_uint_eq(test.n_groups, 1);
    ck_assert_uint_eq(view(0)->n_logs, 3);
    ck_assert_uint_eq(weir_log_at(view(0), 0)->time_s, 2);
    ck_assert_uint_eq(weir_log_at(view(0), 2)->time_s, 5);
}
END_TEST

START_TEST(times_are_completed)
{
    struct batch *batch = make_batch("", 2, 1);
    uint64_t now_s = clock_wall_ns() / NS_PER_S;

    test.global.enable_timestamp_nanosecond = _i;
    create("aggregator_default", NULL);
    batch->logs[0].time_s = 0;
    push(batch);
    seal();
    ck_assert_uint_ge(weir_log_at(view(0), 0)->time_s, now_s);
    ck_assert_uint_le(weir_log_at(view(0), 0)->time_s, now_s + 2);
    ck_assert_uint_eq(weir_log_at(view(0), 1)->time_s, 2);
    ck_assert_uint_eq(weir_log_at(view(0), 1)->time_ns, _i ? 5 : 0);
    ck_assert_uint_eq(weir_log_at(view(0), 0)->reserved, 0);
}
END_TEST

START_TEST(sealed_when_the_source_is_idle)
{
    uint64_t before = clock_now_ns();

    create("aggregator_default", NULL);
    push_logs("", 1, 1);
    run_for(200);
    ck_assert_uint_eq(test.n_groups, 1);
    ck_assert_uint_ge(test.sealed_ns[0] - before, AGGREGATE_IDLE_NS);
    ck_assert_uint_lt(test.sealed_ns[0] - before, NS_PER_S); /* not the interval's 3 s */
}
END_TEST

/* The longest pause between two pushes. */
static uint64_t pushed_ns, pause_ns;

static void push_again(struct loop_timer *timer)
{
    uint64_t now_ns = clock_now_ns();

    pause_ns = MAX(pause_ns, now_ns - pushed_ns);
    pushed_ns = now_ns;
    push_logs("", 1, 1);
    loop_set_timer(test.loop, timer, now_ns + 10 * NS_PER_MS);
}

/* Under load logs may stop coming for as long as makes a group idle; then this says nothing. */

START_TEST(sealed_at_its_age_when_logs_keep_coming)
{
    struct loop_timer again = {.expired = push_again};
    uint64_t before;

    test.global.aggregat_interval_ms = 150;
    create("aggregator_default", NULL);
    before = pushed_ns = clock_now_ns();
    loop_set_timer(test.loop, &again, before);
    run_for(190);
    loop_clear_timer(test.loop, &again);
    if (MAX(pause_ns, clock_now_ns() - pushed_ns) >= AGGREGATE_IDLE_NS / 2)
        return;
    ck_assert_uint_eq(test.n_groups, 1);
    ck_assert_uint_ge(test.sealed_ns[0] - before, 150 * NS_PER_MS);
    ck_assert_uint_lt(test.sealed_ns[0] - before, NS_PER_S);
    ck_assert_uint_gt(view(0)->n_logs, 2);
}
END_TEST

/* Under load time jumps; then this says nothing. */
START_TEST(a_full_group_does_not_end_the_next_one_early)
{
    static const struct given given[] = {{"MaxLogCount", "2"}, {0}};
    uint64_t start_ns = clock_now_ns(), second_ns;

    create("aggregator_default", given);
    push_logs("", 1, 1);
    run_for(30);
    second_ns = clock_now_ns();
    push_logs("", 2, 1);
    if (second_ns - start_ns > AGGREGATE_IDLE_NS)
        return;
    ck_assert_uint_eq(test.n_groups, 1);
    run_for(35);
    if (clock_now_ns() - second_ns > AGGREGATE_IDLE_NS)
        return;
    ck_assert_uint_eq(test.n_groups, 1);
    run_for(60);
    ck_assert_uint_eq(test.n_groups, 2);
}
END_TEST

START_TEST(too_much_open_seals_all)
{
    create("aggregator_default", NULL);
    for (int i = 0; i < 4; i++) {
        char name[] = {(char)('a' + i), 0};

        push_logs(name, 1, (5 << 20) / 2 - 100);
    }
    ck_assert_uint_eq(test.n_groups, 0);
    push_logs("z", 1, 1 << 20);
    ck_assert_uint_eq(test.n_groups, 5);
}
END_TEST

static bool all_are(struct weir_str text, char c)
{
    for (size_t i = 0; i < text.size; i++)
        if (text.data[i] != c)
            return false;
    return true;
}

static uint32_t blocks_of(size_t n_logs, size_t block_size, size_t value_size)
{
    struct batch *batch = batch_create(test.memory, 1);
    struct block *block = block_get(test.memory, block_size);
    uint32_t n_blocks;

    batch_add_block(batch, block);
    block_unref(block);
    memset(block->data, 'x', block->size);
    for (size_t i = 0; i < n_logs; i++)
        batch_add_content(batch, batch_add_log(batch, 1), str_of("k"),
            (struct weir_str){block->data + i * value_size, value_size});
    push(batch);
    seal();
    n_blocks = test.groups[0]->n_blocks;
    for (uint32_t i = 0; i < n_logs; i++)
        ck_assert(all_are(weir_log_at(view(0), i)->contents[0].value, 'x'));
    drop_groups();
    return n_blocks;
}

START_TEST(a_block_mostly_unused_is_not_held)
{
    create("aggregator_default", NULL);
    ck_assert_uint_gt(blocks_of(10, 256 * KIB, 20 * KIB), 0);
    ck_assert_uint_eq(blocks_of(10, 256 * KIB, 2 * KIB), 0);
    ck_assert_uint_eq(blocks_of(1, 4 * KIB, 10), 0);
}
END_TEST

static unsigned n_released;

static void source_released(struct ack_source *source)
{
    (void)source;
    n_released++;
}

START_TEST(a_range_is_secured_by_the_last_of_its_groups)
{
    static const struct given given[] = {{"MaxLogCount", "10"}, {0}};
    struct ack_source source = {.released = source_released};
    uint64_t positions[2] = {0};
    struct batch *batch = make_batch("", 25, 1);

    n_released = 0;
    create("aggregator_default", given);
    ack_source_init(&source, 2, positions);
    batch->range = range_open(&source, 0, 100, 3);
    batch->lanes = 3;
    push(batch);
    seal();
    ck_assert_uint_eq(test.n_groups, 3);
    ack_source_close(&source);
    for (uint32_t lane = 0; lane < 2; lane++)
        for (uint32_t i = 3; i > 0; i--) {
            ck_assert_uint_eq(ack_position(&source, lane), 0);
            group_release(test.groups[i - 1], lane);
        }
    ck_assert_uint_eq(ack_position_min(&source), 100);
    ck_assert_uint_eq(n_released, 1);
    ack_source_finish(&source);
}
END_TEST

START_TEST(a_range_whose_logs_all_went_is_secured)
{
    struct ack_source source = {.released = source_released};
    uint64_t positions[1] = {0};
    struct batch *batch = make_batch("", 2, 1);

    create("aggregator_default", NULL);
    ack_source_init(&source, 1, positions);
    batch->range = range_open(&source, 0, 100, 1);
    batch->lanes = 1;
    batch->n_logs = 0;
    push(batch);
    ck_assert_uint_eq(ack_position(&source, 0), 100);
    ack_source_finish(&source);
}
END_TEST

START_TEST(option_tables_are_sound)
{
    const struct aggregator_class *class;
    char text[200];

    for (size_t i = 0; (class = aggregator_class_at(i)); i++)
        ck_assert_msg(options_check_table(&class->config, text, sizeof text) == 0, "%s: %s",
            class->config.type, text);
}
END_TEST

START_TEST(many_sources)
{
    static const struct given given[] = {{"MaxLogCount", "1"}, {0}};
    char name[20], prefix[17];

    create("aggregator_default", given);
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < 1000; i++) {
            snprintf(name, sizeof name, "source %d", i);
            push_logs(name, 1, 1);
            ck_assert_uint_eq(test.n_groups, 1);
            ck_assert_uint_eq(pack_number(view(0), prefix), (unsigned)round + 1);
            drop_groups();
        }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("collect");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, end);
    tcase_add_loop_test(tests, limits_of_a_group, 0, ARRAY_SIZE(limits));
    tcase_add_test(tests, batches_fill_one_group);
    tcase_add_test(tests, what_a_group_says);
    tcase_add_loop_test(tests, topic_row, 0, ARRAY_SIZE(topics));
    tcase_add_test(tests, pack_ids_by_source_count_from_1);
    tcase_add_test(tests, pack_ids_of_base_count_from_0_for_all);
    tcase_add_test(tests, no_pack_ids);
    tcase_add_test(tests, sources_are_not_mixed);
    tcase_add_test(tests, other_tags_seal_the_group);
    tcase_add_test(tests, other_lanes_seal_the_group);
    tcase_add_test(tests, logs_without_contents_are_left_out);
    tcase_add_loop_test(tests, times_are_completed, 0, 2);
    tcase_add_test(tests, sealed_when_the_source_is_idle);
    tcase_add_test(tests, sealed_at_its_age_when_logs_keep_coming);
    tcase_add_test(tests, a_full_group_does_not_end_the_next_one_early);
    tcase_add_test(tests, too_much_open_seals_all);
    tcase_add_test(tests, a_block_mostly_unused_is_not_held);
    tcase_add_test(tests, a_range_is_secured_by_the_last_of_its_groups);
    tcase_add_test(tests, a_range_whose_logs_all_went_is_secured);
    tcase_add_test(tests, option_tables_are_sound);
    tcase_add_test(tests, many_sources);
    return unit_run(tests);
}
