/* flusher_sleep: how long, and how a stop ends it. Argument: the plugin. */
#include "stub.h"
#include "unit.h"

static const char *plugin;

static const struct sleep_row {
    const char *ms;
    int nap_answer;    /* 1: the pipeline stops */
    uint64_t slept_ms; /* on the mock's clock */
    uint32_t n_naps, n_alive;
} rows[] = {
    {"0", 0, 0, 0, 0},
    {"1", 0, 1, 1, 1},
    {"1000", 0, 1000, 1, 1},
    {"2500", 0, 2500, 3, 3},
    {"86400000", 0, 86400000, 86400, 86400},
    {"86400000", 1, 0, 1, 0},
};

START_TEST(sleeps)
{
    const struct sleep_row *row = &rows[_i];
    struct weir_group group = stub_group(NULL, 0);
    struct stub_option options[] = {{"SleepMS", row->ms}, {NULL, NULL}};
    struct stub stub;
    uint64_t start_ns;

    stub_start(&stub, plugin, options);
    stub.mock->nap_answer = row->nap_answer;
    start_ns = stub.mock->now_ns;
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(stub.mock->now_ns - start_ns, row->slept_ms * 1000000);
    ck_assert_uint_eq(stub.mock->n_naps, row->n_naps);
    ck_assert_uint_eq(stub.mock->n_alive, row->n_alive);
    stub_stop(&stub);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tests = tcase_create("sleep");

    if (argc != 2)
        return EXIT_FAILURE;
    plugin = argv[1];
    tcase_add_loop_test(tests, sleeps, 0, sizeof rows / sizeof rows[0]);
    return unit_run(tests);
}
