/* flusher_blackhole: what it counts. Argument: the plugin. */
#include "stub.h"
#include "unit.h"

static const char *plugin;

START_TEST(counts)
{
    struct weir_log logs[3] = {{0}};
    struct weir_group group = stub_group(logs, 3);
    struct stub stub;

    group.bytes = 70;
    stub_start(&stub, plugin, NULL);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_double_eq(stub.recorded[1], 2);
    ck_assert_double_eq(stub.recorded[2], 6);
    ck_assert_double_eq(stub.recorded[3], 140);
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
