/* Processors that make several logs of one: split_log_string, split_log_regex. */
#include "process/processing.h"

/* In the texts of these rows ';' stands for a newline. */
struct row {
    const char *what, *options, *in, *out;
    unsigned n_failed, n_dropped;
};

static const struct row split_string[] = {
    {"at newlines, with the other fields before", "{\"SplitKey\":\"s\"}", "a=1|s=x;y;z|b=2",
        "a=1|b=2|s=x a=1|b=2|s=y a=1|b=2|s=z", 0, 0},
    {"nothing between two makes no log", "{}", "s=;;x;;y;", "s=x s=y", 0, 0},
    {"an empty text makes none", "{}", "s=|a=1", "", 0, 1},
    {"nor do separators alone", "{}", "s=;;|a=1", "", 0, 1},
    {"without the other fields", "{\"SplitKey\":\"s\",\"PreserveOthers\":false}", "a=1|s=x;y",
        "s=x s=y", 0, 0},
    {"another separator", "{\"SplitSep\":\"--\"}", "s=x--y-z", "s=x s=y-z", 0, 0},
    {"no such key: it passes", "{\"SplitKey\":\"q\"}", "s=x;y", "s=x;y", 1, 0},
    {"or does not", "{\"SplitKey\":\"q\",\"PreserveOthers\":false}", "s=x;y", "", 1, 1},
    {"of equal keys the first", "{\"SplitKey\":\"s\"}", "s=x;y|s=z", "s=z|s=x s=z|s=y", 0, 0},
    {"positions", "{\"SplitKey\":\"s\",\"EnableLogPositionMeta\":true}",
        "__file_offset__=100|s=ab;;c", "__file_offset__=100|s=ab __file_offset__=104|s=c", 0, 0},
    {"positions as upstream's tag", "{\"SplitKey\":\"s\",\"EnableLogPositionMeta\":true}",
        "__tag__:__file_offset__=7|s=ab;c",
        "__tag__:__file_offset__=7|s=ab __tag__:__file_offset__=10|s=c", 0, 0},
    {"a position that is none", "{\"SplitKey\":\"s\",\"EnableLogPositionMeta\":true}",
        "__file_offset__=x|s=ab;c", "__file_offset__=x|s=ab __file_offset__=x|s=c", 0, 0},
};

static const struct row split_regex[] = {
    {"every line, as the default has it", "{}", "s=x;y;z", "s=x s=y s=z", 0, 0},
    {"lines that begin a log", "{\"SplitRegex\":\"\\\\d+.*\"}", "s=1 a;b;c;2 d;3;e",
        "s=1 a;b;c s=2 d s=3;e", 0, 0},
    {"the first line need not match", "{\"SplitRegex\":\"\\\\d+.*\"}", "s=a;1 b", "s=a s=1 b", 0,
        0},
    {"a part of a line is not enough", "{\"SplitRegex\":\"\\\\d+\"}", "s=1;2x;3", "s=1;2x s=3", 0,
        0},
    {"none begins one", "{\"SplitRegex\":\"\\\\d+\"}", "s=a;b", "s=a;b", 0, 0},
    {"a newline at the end stays", "{\"SplitRegex\":\"\\\\d+\"}", "s=1;2;", "s=1 s=2;", 0, 0},
    {"an empty line that matches", "{}", "s=a;;b", "s=a s= s=b", 0, 0},
    {"one line", "{\"SplitRegex\":\"\\\\d+\"}", "s=1", "s=1", 0, 0},
    {"the other fields go", "{\"SplitKey\":\"s\"}", "a=1|s=x;y", "s=x s=y", 0, 0},
    {"unless told not to", "{\"SplitKey\":\"s\",\"PreserveOthers\":true}", "a=1|s=x;y",
        "a=1|s=x a=1|s=y", 0, 0},
    {"no such key", "{\"SplitKey\":\"q\"}", "s=x", "", 1, 1},
    {"positions", "{\"SplitKey\":\"s\",\"EnableLogPositionMeta\":true,\"PreserveOthers\":true}",
        "__file_offset__=5|s=ab;c", "__file_offset__=5|s=ab __file_offset__=8|s=c", 0, 0},
};

static void swap(char *text, char from, char to)
{
    for (; *text; text++)
        if (*text == from)
            *text = to;
}

static void check(const char *type, const struct row *row)
{
    char in[200], shown[400];

    ck_assert_msg(processing_create_json(type, row->options), "%s: %s", row->what, test.why);
    snprintf(in, sizeof in, "%s", row->in);
    swap(in, ';', '\n');
    processing_add(in);
    processing_run();
    shown[0] = 0;
    for (uint32_t i = 0; i < test.batch->n_logs; i++) {
        size_t used = strlen(shown);

        snprintf(shown + used, sizeof shown - used, "%s%s", i ? " " : "", processing_show(i));
    }
    swap(shown, '\n', ';');
    ck_assert_msg(!strcmp(shown, row->out), "%s: %s instead of %s", row->what, shown, row->out);
    ck_assert_uint_eq(test.processor->n_failed, row->n_failed);
    ck_assert_uint_eq(test.processor->n_dropped, row->n_dropped);
}

START_TEST(split_string_row)
{
    check("processor_split_log_string", &split_string[_i]);
}
END_TEST

START_TEST(split_regex_row)
{
    check("processor_split_log_regex", &split_regex[_i]);
}
END_TEST

START_TEST(order_and_times_stay)
{
    ck_assert(processing_create_json("processor_split_log_string", "{\"SplitKey\":\"s\"}"));
    processing_add("s=a\nb");
    processing_add("x=1");
    processing_add("s=c\n4");
    for (uint32_t i = 0; i < 3; i++) {
        test.batch->logs[i].time_s = 10 + i;
        test.batch->logs[i].time_ns = i;
    }
    processing_run();
    ck_assert_str_eq(processing_show_all(), "s=a\ns=b\nx=1\ns=c\ns=4");
    ck_assert_uint_eq(test.batch->logs[1].time_s, 10);
    ck_assert_uint_eq(test.batch->logs[2].time_s, 11);
    ck_assert_uint_eq(test.batch->logs[4].time_s, 12);
    ck_assert_uint_eq(test.batch->logs[4].time_ns, 2);
}
END_TEST

START_TEST(an_empty_separator_is_a_nul)
{
    ck_assert(processing_create_json("processor_split_log_string", "{\"SplitSep\":\"\"}"));
    processing_add_bytes("s", "a\0b\0\0c", 6);
    processing_run();
    ck_assert_str_eq(processing_show_all(), "s=a\ns=b\ns=c");
}
END_TEST

START_TEST(logs_are_bounded)
{
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);

    for (size_t i = 0; i < SIZE; i++)
        text[i] = i % 2 ? '\n' : 'a';
    ck_assert(processing_create_json("processor_split_log_string", "{}"));
    processing_add_bytes("s", text, SIZE);
    free(text);
    processing_run();
    ck_assert_uint_eq(test.batch->n_logs, 65536);
    ck_assert_uint_eq(test.batch->logs[65535].contents[0].value.size, SIZE - 2 * (size_t)65535);
    ck_assert_uint_eq(test.processor->n_failed, 1);
}
END_TEST

START_TEST(a_wrong_expression_is_refused)
{
    ck_assert(!processing_create_json("processor_split_log_regex", "{\"SplitRegex\":\"(\"}"));
    ck_assert_str_eq(test.why, "\"(\" does not do for 'SplitRegex' of processor_split_log_regex");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("split-log");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, split_string_row, 0, ARRAY_SIZE(split_string));
    tcase_add_loop_test(tests, split_regex_row, 0, ARRAY_SIZE(split_regex));
    tcase_add_test(tests, order_and_times_stay);
    tcase_add_test(tests, an_empty_separator_is_a_nul);
    tcase_add_test(tests, logs_are_bounded);
    tcase_add_test(tests, a_wrong_expression_is_refused);
    return unit_run(tests);
}
