/* processor_rename. */
#include "process/processing.h"

static const struct processing_row rows[] = {
    {"every occurrence, in place", {{"SourceKeys", "a"}, {"DestKeys", "x"}}, "a=1|b=2|a=3",
        "x=1|b=2|x=3", 0},
    {"two that change places", {{"SourceKeys", "a|b"}, {"DestKeys", "b|a"}}, "a=1|b=2", "b=1|a=2",
        0},
    {"of equal sources the last", {{"SourceKeys", "a|a"}, {"DestKeys", "x|y"}}, "a=1", "y=1", 0},
    {"to itself is nothing", {{"SourceKeys", "a|a"}, {"DestKeys", "x|a"}}, "a=1", "x=1", 0},
    {"a key that is there already", {{"SourceKeys", "a"}, {"DestKeys", "b"}}, "a=1|b=2", "b=1|b=2",
        0},
    {"none is there", {{"SourceKeys", "x"}, {"DestKeys", "y"}}, "a=1", "a=1", 0},
    {"none is there: an error",
        {{"SourceKeys", "a|x"}, {"DestKeys", "b|y"}, {"NoKeyError", "true"}}, "a=1", "b=1", 1},
    {"all are there", {{"SourceKeys", "a|x"}, {"DestKeys", "b|y"}, {"NoKeyError", "true"}},
        "a=1|x=2", "b=1|y=2", 0},
    {"one to itself need not be there",
        {{"SourceKeys", "a"}, {"DestKeys", "a"}, {"NoKeyError", "true"}}, "b=1", "b=1", 0},
    {"letter case counts", {{"SourceKeys", "A"}, {"DestKeys", "b"}}, "a=1", "a=1", 0},
};

START_TEST(rename_row)
{
    processing_check("processor_rename", &rows[_i]);
}
END_TEST

START_TEST(lists_of_other_lengths_are_refused)
{
    static const struct given given[] = {{"SourceKeys", "a|b"}, {"DestKeys", "c"}, {0}};

    ck_assert(!processing_create("processor_rename", given));
    ck_assert_str_eq(test.why, "SourceKeys has 2 keys and DestKeys has 1");
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("rename");

    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, rename_row, 0, ARRAY_SIZE(rows));
    tcase_add_test(tests, lists_of_other_lengths_are_refused);
    return unit_run(tests);
}
