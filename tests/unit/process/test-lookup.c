/* processor_dict_map and processor_rate_limit. */
#include <unistd.h>
#include "process/processing.h"

#define DICT "\"MapDict\":{\"127.0.0.1\":\"home\",\"10.0.0.1\":\"away\",\"\":\"none\"}"

static const struct processing_many dict_map[] = {
    {"in place", "{\"SourceKey\":\"ip\"," DICT "}", "ip=127.0.0.1|a=1\nip=10.0.0.1\nip=1.1.1.1",
        "ip=home|a=1\nip=away\nip=1.1.1.1", 0, 0},
    {"to another field", "{\"SourceKey\":\"ip\",\"DestKey\":\"where\"," DICT "}",
        "ip=127.0.0.1\nip=1.1.1.1", "ip=127.0.0.1|where=home\nip=1.1.1.1", 0, 0},
    {"that is there: overwrite", "{\"SourceKey\":\"ip\",\"DestKey\":\"where\"," DICT "}",
        "where=x|ip=127.0.0.1|where=y", "where=home|ip=127.0.0.1|where=y", 0, 0},
    {"that is there: fill",
        "{\"SourceKey\":\"ip\",\"DestKey\":\"where\",\"Mode\":\"fill\"," DICT "}",
        "where=x|ip=127.0.0.1\nip=10.0.0.1", "where=x|ip=127.0.0.1\nip=10.0.0.1|where=away", 0, 0},
    {"no source", "{\"SourceKey\":\"ip\",\"DestKey\":\"where\"," DICT "}", "a=1", "a=1", 0, 0},
    {"no source is handled",
        "{\"SourceKey\":\"ip\",\"DestKey\":\"where\",\"HandleMissing\":true," DICT "}",
        "a=1\nwhere=x", "a=1|where=Unknown\nwhere=Unknown", 0, 0},
    {"in its own way, in place",
        "{\"SourceKey\":\"ip\",\"HandleMissing\":true,\"Missing\":\"?\"," DICT "}", "a=1",
        "a=1|ip=?", 0, 0},
    {"no source is handled, but only filled in",
        "{\"SourceKey\":\"ip\",\"DestKey\":\"where\",\"Mode\":\"fill\",\"HandleMissing\":true," DICT
        "}",
        "where=x", "where=x", 0, 0},
    {"an empty value", "{\"SourceKey\":\"ip\"," DICT "}", "ip=", "ip=none", 0, 0},
};

START_TEST(dict_map_row)
{
    processing_check_many("processor_dict_map", &dict_map[_i]);
}
END_TEST

/* A file of that text; its path holds until the next call. */
static const char *given_file(const char *text)
{
    static char path[] = "/tmp/weir-dict-XXXXXX";
    int fd;

    memcpy(path + sizeof path - 7, "XXXXXX", 6);
    fd = mkstemp(path);
    ck_assert_int_ge(fd, 0);
    ck_assert_int_eq(write(fd, text, strlen(text)), (ssize_t)strlen(text));
    close(fd);
    return path;
}

static bool create_with_file(const char *text, const char *max)
{
    const char *path = given_file(text);
    char options[200];
    bool created;

    snprintf(options, sizeof options,
        "{\"SourceKey\":\"a\",\"DictFilePath\":\"%s\",\"MaxDictSize\":%s}", path, max);
    created = processing_create_json("processor_dict_map", options);
    unlink(path);
    return created;
}

START_TEST(a_dictionary_from_a_file)
{
    ck_assert_msg(
        create_with_file("1,one\r\n\"2,\",\"tw\"\"o\"\n\n1,one\n3,", "1000"), "%s", test.why);
    processing_add("a=1");
    processing_add("a=2,");
    processing_add("a=3");
    processing_add("a=4");
    processing_run();
    ck_assert_str_eq(processing_show_all(), "a=one\na=tw\"o\na=\na=4");
}
END_TEST

START_TEST(a_file_is_read_up_to_the_limit)
{
    ck_assert(create_with_file("1,one\n2,two\n3", "2"));
    processing_add("a=2");
    processing_run();
    ck_assert_str_eq(processing_show_all(), "a=two");
}
END_TEST

static const struct {
    const char *text, *why;
} bad_files[] = {
    {"1,2\n3", "DictFilePath: row 2 is not two fields of CSV"},
    {"1,2,3", "DictFilePath: row 1 is not two fields of CSV"},
    {"1,\"2", "DictFilePath: row 1 is not two fields of CSV"},
    {"1,2\n1,3", "DictFilePath: row 2 gives another value for \"1\""},
};

START_TEST(a_bad_file_is_refused)
{
    ck_assert(!create_with_file(bad_files[_i].text, "1000"));
    ck_assert_str_eq(test.why, bad_files[_i].why);
}
END_TEST

static const struct {
    const char *options, *why;
} bad_dicts[] = {
    {"{\"SourceKey\":\"a\"}", "neither DictFilePath nor MapDict gives a dictionary (0 entries)"},
    {"{\"SourceKey\":\"a\",\"MaxDictSize\":1," DICT "}",
        "MapDict has 3 entries, more than MaxDictSize allows"},
    {"{\"SourceKey\":\"a\",\"DictFilePath\":\"/nowhere/at/all\"}",
        "DictFilePath: /nowhere/at/all: No such file or directory"},
    {"{\"SourceKey\":\"a\",\"DictFilePath\":\"/dev/null\"}",
        "DictFilePath: /dev/null is no ordinary file of at most 64 MiB"},
};

START_TEST(a_bad_dictionary_is_refused)
{
    ck_assert(!processing_create_json("processor_dict_map", bad_dicts[_i].options));
    ck_assert_str_eq(test.why, bad_dicts[_i].why);
}
END_TEST

/* -- rate_limit: an hour is longer than a test -- */

static const struct {
    const char *what, *options, *in, *out;
    unsigned n_dropped;
} limits[] = {
    {"all together", "{\"Limit\":\"2/h\"}", "a=1\na=2\nb=3\nb=4", "a=1\na=2", 2},
    {"by value", "{\"Limit\":\"1/h\",\"Fields\":[\"a\"]}", "a=1|n=1\na=2|n=1\na=1|n=2\na=2|n=2",
        "a=1|n=1\na=2|n=1", 2},
    {"by values", "{\"Limit\":\"1/h\",\"Fields\":[\"a\",\"b\"]}",
        "a=1|b=1\na=1|b=2\nb=1|a=1\na=11|b=\na=1|b=1", "a=1|b=1\na=1|b=2\na=11|b=", 2},
    {"one that is not there is empty", "{\"Limit\":\"1/h\",\"Fields\":[\"a\"]}", "b=1\na=\nb=2",
        "b=1", 2},
    {"nothing", "{\"Limit\":\"0/s\"}", "a=1", "", 1},
    {"less than one in a time is none", "{\"Limit\":\"0.5/h\"}", "a=1", "", 1},
    {"spaces", "{\"Limit\":\" 1 / m \"}", "a=1\na=2", "a=1", 1},
};

START_TEST(rate_limit_row)
{
    ck_assert_msg(
        processing_create_json("processor_rate_limit", limits[_i].options), "%s", test.why);
    processing_add_lines(limits[_i].in);
    processing_run();
    ck_assert_msg(!strcmp(processing_show_all(), limits[_i].out), "%s: %s", limits[_i].what,
        buf_text(&test.shown));
    ck_assert_uint_eq(test.processor->n_dropped, limits[_i].n_dropped);
    ck_assert_uint_eq(test.processor->n_failed, 0);
}
END_TEST

START_TEST(tokens_come_back)
{
    ck_assert(processing_create_json("processor_rate_limit", "{\"Limit\":\"100/s\"}"));
    do {
        processing_next();
        for (int i = 0; i < 101; i++)
            processing_add("a=1");
        processing_run();
    } while (test.batch->n_logs == 100); /* one more comes back every 10 ms */
    ck_assert_uint_lt(test.batch->n_logs, 100);
    do {
        processing_next();
        processing_add("a=1");
        processing_run();
    } while (!test.batch->n_logs);
    ck_assert_uint_gt(test.processor->n_dropped, 0);
}
END_TEST

static const char *const bad_limits[] = {
    "", "10", "10/", "10/d", "x/s", "-1/s", "10/ss", "nan/s", "10/s/s"};

START_TEST(a_bad_limit_is_refused)
{
    const struct given given[] = {{"Limit", bad_limits[_i]}, {0}};

    ck_assert(!processing_create("processor_rate_limit", given));
    ck_assert(strstr(test.why, "is not a number and a unit") != NULL);
}
END_TEST

START_TEST(any_number_of_kinds)
{
    char text[32];

    ck_assert(
        processing_create_json("processor_rate_limit", "{\"Limit\":\"1/h\",\"Fields\":[\"a\"]}"));
    for (unsigned i = 0; i < 70000; i++) { /* more than are told apart */
        snprintf(text, sizeof text, "%u", i);
        processing_add_bytes("a", text, strlen(text));
    }
    processing_add("a=0"); /* forgotten: passes once more */
    processing_add("a=69999");
    processing_run();
    ck_assert_uint_eq(test.batch->n_logs, 70001);
    ck_assert_uint_eq(test.processor->n_dropped, 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("lookup");

    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, dict_map_row, 0, ARRAY_SIZE(dict_map));
    tcase_add_test(tests, a_dictionary_from_a_file);
    tcase_add_test(tests, a_file_is_read_up_to_the_limit);
    tcase_add_loop_test(tests, a_bad_file_is_refused, 0, ARRAY_SIZE(bad_files));
    tcase_add_loop_test(tests, a_bad_dictionary_is_refused, 0, ARRAY_SIZE(bad_dicts));
    tcase_add_loop_test(tests, rate_limit_row, 0, ARRAY_SIZE(limits));
    tcase_add_test(tests, tokens_come_back);
    tcase_add_loop_test(tests, a_bad_limit_is_refused, 0, ARRAY_SIZE(bad_limits));
    tcase_add_test(tests, any_number_of_kinds);
    return unit_run(tests);
}
