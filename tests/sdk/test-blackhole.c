/* flusher_blackhole: what it counts. Argument: the plugin. */
#include "stub.h"
#include "unit.h"

static const char *plugin;

START_TEST(counts)
{
    static const struct weir_kv content = {{"key", 3}, {"value", 5}};
    struct weir_log logs[3] = {{.n_contents = 1, .contents = &content}};
    struct weir_group group = stub_group(logs, 3);
    struct stub stub;

    stub_start(&stub, plugin, NULL);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_double_eq(weir_mock_metric(stub.mock, "blackhole_groups_total")->value, 2);
    ck_assert_double_eq(weir_mock_metric(stub.mock, "blackhole_logs_total")->value, 6);
    ck_assert_double_eq(weir_mock_metric(stub.mock, "blackhole_bytes_total")->value, 16);
    stub_stop(&stub);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tests = tcase_create("blackhole");

    if (argc != 2)
        return EXIT_FAILURE;
    plugin = argv[1];
    tcase_add_test(tests, counts);
    return unit_run(tests);
}
