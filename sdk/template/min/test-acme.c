/* Tests of the flusher on the mock host: the plugin is linked in, no host runs. */
#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <weir/mock_host.h>

static struct weir_mock *mock;
static const struct weir_flusher_class *flusher;

/* As the real host fills it from the option table. */
static struct {
    struct weir_str file_path;
} options;

static char path[256];

static void setup(void)
{
    struct weir_str folder;

    mock = weir_mock_new();
    flusher = weir_plugin_register_v1(&mock->host, NULL)->classes[0];
    ck_assert_int_eq(mock->host.data_dir(&mock->host, &folder), 0);
    snprintf(path, sizeof path, "%s/out", folder.data);
    options.file_path = (struct weir_str){path, strlen(path)};
    ck_assert_uint_eq(flusher->options_size, sizeof options);
}

static void teardown(void)
{
    weir_mock_free(mock);
}

/* Whether the file holds exactly these bytes. */
static int holds(const char *bytes, size_t size)
{
    char buffer[256];
    FILE *file = fopen(path, "rb");
    size_t n;

    ck_assert_ptr_nonnull(file);
    n = fread(buffer, 1, sizeof buffer, file);
    fclose(file);
    return n == size && memcmp(buffer, bytes, size) == 0;
}

START_TEST(logs_become_lines)
{
    static const char expected[] = "{\"a\":\"1\",\"b\":\"x\\u0000y\"}\n{\"c\":\"\"}\n";
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    void *self = weir_mock_start(mock, flusher, &options);

    ck_assert_ptr_nonnull(self);
    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "1"), WEIR_MOCK_KV("b", "x\0y"));
    WEIR_MOCK_LOG(batch, 1700000001, WEIR_MOCK_KV("c", ""));
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_DELIVERED);
    ck_assert_int_eq(weir_mock_stop(mock, 0), 0);
    ck_assert(holds(expected, sizeof expected - 1));
    ck_assert(weir_mock_metric(mock, "acme_logs_total")->value == 2);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(a_path_that_cannot_be_opened_is_a_retry)
{
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    void *self;

    ck_assert_int_eq(mkdir(path, 0755), 0);
    self = weir_mock_start(mock, flusher, &options);
    ck_assert_ptr_nonnull(self);
    WEIR_MOCK_LOG(batch, 1700000000, WEIR_MOCK_KV("a", "1"));
    ck_assert_uint_eq(weir_mock_flush(mock, self, batch), WEIR_RETRY);
    ck_assert_ptr_nonnull(strstr(mock->text, "cannot write to "));
    weir_mock_batch_free(batch);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("acme");
    TCase *tests = tcase_create("flusher_acme");
    SRunner *runner = srunner_create(suite);
    int n_failed;

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, logs_become_lines);
    tcase_add_test(tests, a_path_that_cannot_be_opened_is_a_retry);
    suite_add_tcase(suite, tests);
    srunner_set_tap(runner, "-");
    srunner_run_all(runner, CK_SILENT);
    n_failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return n_failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
