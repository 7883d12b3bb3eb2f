/* flusher_statistics: the line, and when it comes. Argument: the plugin. */
#include "stub.h"
#include "unit.h"

#define MS UINT64_C(1000000)

static const char *plugin;

static const struct weir_kv content = {{"key", 3}, {"value", 5}};
static const struct weir_log logs[] = {
    {.time_s = 1, .n_contents = 1, .contents = &content},
    {.time_s = 2, .n_contents = 1, .contents = &content},
};

/* Flushes one group of two logs `count` times. */
static void flush_all(struct stub *stub, int count)
{
    struct weir_group group = stub_group(logs, 2);

    for (int i = 0; i < count; i++)
        ck_assert_uint_eq(stub_flush(stub, &group), WEIR_DELIVERED);
}

START_TEST(a_line_at_most_once_per_interval)
{
    static const struct stub_option options[] = {{"RateIntervalMs", "2000"}, {NULL, NULL}};
    struct stub stub;

    stub_start(&stub, plugin, options);
    flush_all(&stub, 4);
    weir_mock_advance(stub.mock, 1999 * MS);
    flush_all(&stub, 5);
    ck_assert_uint_eq(stub.mock->n_lines, 0);
    weir_mock_advance(stub.mock, 1 * MS);
    flush_all(&stub, 1);
    ck_assert_uint_eq(stub.mock->n_lines, 1);
    ck_assert_str_eq(
        stub.mock->lines[0].text, "current rate(MB) 0.000 log tps 10.0 loggroup tps 5.0");
    ck_assert_uint_eq(stub.mock->lines[0].level, WEIR_LOG_INFO);
    stub_stop(&stub);
}
END_TEST

START_TEST(rates_begin_anew_after_a_line)
{
    struct stub stub;

    stub_start(&stub, plugin, NULL);
    weir_mock_advance(stub.mock, 1000 * MS);
    flush_all(&stub, 100);
    weir_mock_advance(stub.mock, 1000 * MS);
    flush_all(&stub, 1);
    ck_assert_uint_eq(stub.mock->n_lines, 2);
    /* The first flush made the first line, 99 and one make the second. */
    ck_assert_str_eq(
        stub.mock->lines[1].text, "current rate(MB) 0.000 log tps 200.0 loggroup tps 100.0");
    ck_assert_double_eq(weir_mock_metric(stub.mock, "statistics_logs_total")->value, 202);
    ck_assert_double_eq(weir_mock_metric(stub.mock, "statistics_groups_total")->value, 101);
    stub_stop(&stub);
}
END_TEST

/* Two logs: 1 + 1 for the log, 2 for its time, 1 + 1 for the content, 5 and 7 for key
 * and value; an empty category and topic, and the mock's source, 127.0.0.1. */
#define PACKED_BYTES (2 * (2 + 2 + 2 + 5 + 7) + 2 * 2 + 2 + 9)

START_TEST(bytes_are_those_of_the_packed_group)
{
    static const struct stub_option options[] = {{"GeneratePB", "true"}, {NULL, NULL}};
    struct stub stub;

    stub_start(&stub, plugin, options);
    flush_all(&stub, 3);
    ck_assert_double_eq(
        weir_mock_metric(stub.mock, "statistics_bytes_total")->value, 3 * PACKED_BYTES);
    stub_stop(&stub);
}
END_TEST

START_TEST(each_group_takes_its_time)
{
    static const struct stub_option options[] = {{"SleepMsPerLogGroup", "20"}, {NULL, NULL}};
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    struct stub stub;
    uint64_t start_ns;

    WEIR_MOCK_LOG(batch, 1, WEIR_MOCK_KV("a", "b"));
    weir_mock_batch_group(batch, "second");
    weir_mock_batch_group(batch, "third");
    stub_start(&stub, plugin, options);
    start_ns = stub.mock->now_ns;
    ck_assert_uint_eq(weir_mock_flush(stub.mock, stub.self, batch), WEIR_DELIVERED);
    ck_assert_uint_eq(stub.mock->now_ns - start_ns, 60 * MS);
    stub_stop(&stub);
    weir_mock_batch_free(batch);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tests = tcase_create("statistics");

    if (argc != 2)
        return EXIT_FAILURE;
    plugin = argv[1];
    tcase_add_test(tests, a_line_at_most_once_per_interval);
    tcase_add_test(tests, rates_begin_anew_after_a_line);
    tcase_add_test(tests, bytes_are_those_of_the_packed_group);
    tcase_add_test(tests, each_group_takes_its_time);
    return unit_run(tests);
}
