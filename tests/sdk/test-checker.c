/* flusher_checker: which logs it rejects. Argument: the plugin. */
#include "stub.h"

#include <string.h>

#include "unit.h"

static const char *plugin;

static const struct check_row {
    const char *exact, *regex; /* "key=value", "" for none */
    const char *value;         /* of the log's only content, its key is "k" */
    size_t size;
    const char *words; /* of the rejection; NULL: as expected */
} rows[] = {
    {"", "", "anything", 8, NULL},
    {"k=v", "", "v", 1, NULL},
    {"k=v", "", "w", 1, "k is not as expected"},
    {"k=v", "", "", 0, "k is not as expected"},
    {"k=", "", "", 0, NULL},
    {"k=v", "", "v\0", 2, "k is not as expected"},
    {"other=v", "", "v", 1, "other is not as expected"},
    {"", "k=^[0-9]+$", "0123", 4, NULL},
    {"", "k=^[0-9]+$", "0123x", 5, "k is not as expected"},
    {"", "k=b", "a\0b", 3, NULL},
    {"", "k=^$", "", 0, NULL},
    {"", "k=.", "", 0, "k is not as expected"},
    {"", "other=.", "v", 1, "other is not as expected"},
    {"k=v", "k=w", "v", 1, "k is not as expected"},
    {"k=v", "k=v", "v", 1, NULL},
};

START_TEST(rejects)
{
    const struct check_row *row = &rows[_i];
    struct stub_option options[] = {
        {"EveryLog", row->exact}, {"EveryLogRegex", row->regex}, {NULL, NULL}};
    const struct weir_kv content = {{"k", 1}, {row->value, row->size}};
    const struct weir_log log = {.n_contents = 1, .contents = &content};
    struct weir_group group = stub_group(&log, 1);
    struct stub stub;

    stub_start(&stub, plugin, options);
    ck_assert_uint_eq(stub_flush(&stub, &group), WEIR_DELIVERED);
    ck_assert_uint_eq(stub.mock->n_marks, row->words ? 1 : 0);
    if (row->words) {
        ck_assert_str_eq(stub.mock->marks[0].text, row->words);
        ck_assert_uint_eq(stub.mock->marks[0].verdict, WEIR_REJECTED);
        ck_assert_int_eq(stub.mock->marks[0].answer, 0);
    }
    ck_assert_double_eq(
        weir_mock_metric(stub.mock, "checker_failed_total")->value, row->words ? 1 : 0);
    ck_assert_double_eq(weir_mock_metric(stub.mock, "checker_logs_total")->value, 1);
    stub_stop(&stub);
}
END_TEST

START_TEST(only_the_wrong_logs)
{
    static const struct stub_option options[] = {{"EveryLog", "k=v"}, {NULL, NULL}};
    struct weir_mock_batch *batch = weir_mock_batch_new(1);
    struct stub stub;

    WEIR_MOCK_LOG(batch, 1, WEIR_MOCK_KV("k", "v"));
    weir_mock_batch_group(batch, "second");
    WEIR_MOCK_LOG(batch, 1, WEIR_MOCK_KV("k", "v"));
    WEIR_MOCK_LOG(batch, 1, WEIR_MOCK_KV("k", "w"));
    WEIR_MOCK_LOG(batch, 1, WEIR_MOCK_KV("a", "b"), WEIR_MOCK_KV("k", "v"));
    stub_start(&stub, plugin, options);
    ck_assert_uint_eq(weir_mock_flush(stub.mock, stub.self, batch), WEIR_DELIVERED);
    ck_assert_uint_eq(stub.mock->n_marks, 1);
    ck_assert_uint_eq(stub.mock->marks[0].group, 1);
    ck_assert_uint_eq(stub.mock->marks[0].log, 1);
    stub_stop(&stub);
    weir_mock_batch_free(batch);
}
END_TEST

START_TEST(a_wrong_expression_is_refused)
{
    static const struct stub_option options[] = {{"EveryLogRegex", "k=(a"}, {NULL, NULL}};
    struct stub stub;

    stub_try(&stub, plugin, options);
    ck_assert_ptr_null(stub.self);
    ck_assert_ptr_nonnull(strstr(stub.mock->text, "EveryLogRegex: the expression for k: "));
    stub_stop(&stub);
}
END_TEST

START_TEST(ready_as_told)
{
    static const struct stub_option options[] = {{"Ready", "false"}, {NULL, NULL}};
    struct stub stub;

    stub_start(&stub, plugin, _i ? options : NULL);
    ck_assert_int_eq(weir_mock_ready(stub.mock, stub.self) != 0, _i == 0);
    stub_stop(&stub);
}
END_TEST

int main(int argc, char **argv)
{
    TCase *tests = tcase_create("checker");

    if (argc != 2)
        return EXIT_FAILURE;
    plugin = argv[1];
    tcase_add_loop_test(tests, rejects, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, only_the_wrong_logs);
    tcase_add_test(tests, a_wrong_expression_is_refused);
    tcase_add_loop_test(tests, ready_as_told, 0, 2);
    return unit_run(tests);
}
