/* What the helpers say, and where they stop. */
#include <weir/mock_host.h>
#include <weir/words.h>

#include "unit.h"

START_TEST(said)
{
    struct weir_mock *mock = weir_mock_new();
    char long_text[3000];

    weir_say(&mock->host, WEIR_LOG_WARN, "%s has %d", "it", 7);
    ck_assert_uint_eq(mock->n_lines, 1);
    ck_assert_uint_eq(mock->lines[0].level, WEIR_LOG_WARN);
    ck_assert_str_eq(mock->lines[0].text, "it has 7");
    memset(long_text, 'x', sizeof long_text - 1);
    long_text[sizeof long_text - 1] = 0;
    weir_say(&mock->host, WEIR_LOG_INFO, "%s", long_text);
    ck_assert_uint_eq(strlen(mock->lines[1].text), 1023);
    weir_mock_free(mock);
}
END_TEST

START_TEST(explained)
{
    char text[8] = "";
    struct weir_result result = {sizeof result, 0, 0, text, sizeof text};
    struct weir_result without = {.struct_size = sizeof without};

    weir_explain(&result, 503, "status %d", 503);
    ck_assert_int_eq(result.code, 503);
    ck_assert_str_eq(text, "status ");
    weir_explain(&without, 1, "nowhere");
    ck_assert_int_eq(without.code, 1);
}
END_TEST

START_TEST(refused)
{
    char text[32] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};
    struct weir_error without = {.struct_size = sizeof without};

    ck_assert_int_eq(weir_refuse(&error, 22, "no %s", "way"), -1);
    ck_assert_int_eq(error.code, 22);
    ck_assert_str_eq(text, "no way");
    ck_assert_int_eq(weir_refuse(&without, 22, "nowhere"), -1);
}
END_TEST

START_TEST(found)
{
    const struct weir_kv contents[] = {
        {{NULL, 0}, {"empty", 5}}, {{"key", 3}, {"first", 5}}, {{"key", 3}, {"second", 6}}};
    struct weir_log log = {.n_contents = 3, .contents = contents};

    ck_assert_ptr_eq(weir_log_get(&log, "key"), &contents[1].value);
    ck_assert_ptr_eq(weir_log_get(&log, ""), &contents[0].value);
    ck_assert_ptr_null(weir_log_get(&log, "keys"));
    ck_assert_ptr_null(weir_log_get(&log, "ke"));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("words");

    tcase_add_test(tests, said);
    tcase_add_test(tests, explained);
    tcase_add_test(tests, refused);
    tcase_add_test(tests, found);
    return unit_run(tests);
}
