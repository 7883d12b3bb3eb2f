/* The code table: every row complete, no code twice. */
#include <ctype.h>
#include <string.h>
#include "config/codes.h"
#include "unit.h"

START_TEST(every_row_is_complete)
{
    const struct code *code;
    size_t i;

    for (i = 0; (code = code_at(i)); i++) {
        ck_assert_uint_eq(strlen(code->id), 5);
        ck_assert_int_eq(code->id[0], 'W');
        for (int j = 1; j < 5; j++)
            ck_assert(isdigit((unsigned char)code->id[j]));
        ck_assert_msg(strlen(code->title) > 3, "%s has no title", code->id);
        ck_assert_msg(!strchr(code->title, '\n'), "%s: a title is one line", code->id);
        ck_assert_msg(strlen(code->cause) > 10, "%s has no cause", code->id);
        ck_assert_msg(strlen(code->fix) > 10, "%s has no fix", code->id);
        ck_assert_msg(strlen(code->example) > 5, "%s has no example", code->id);
    }
    ck_assert_uint_gt(i, 30);
}
END_TEST

START_TEST(no_code_is_there_twice)
{
    const struct code *code;

    for (size_t i = 0; (code = code_at(i)); i++)
        ck_assert_msg(code_find(code->id) == code, "%s is there twice", code->id);
}
END_TEST

START_TEST(codes_are_found_in_either_case)
{
    ck_assert_ptr_nonnull(code_find("W1003"));
    ck_assert_ptr_eq(code_find("w1003"), code_find("W1003"));
    ck_assert_ptr_null(code_find("W100"));
    ck_assert_ptr_null(code_find("W10033"));
    ck_assert_ptr_null(code_find(""));
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("codes");

    tcase_add_test(tests, every_row_is_complete);
    tcase_add_test(tests, no_code_is_there_twice);
    tcase_add_test(tests, codes_are_found_in_either_case);
    return unit_run(tests);
}
