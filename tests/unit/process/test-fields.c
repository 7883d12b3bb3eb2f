/* add_fields, drop, rename: what each makes of one log. */
#include "process/processing.h"

static const struct processing_row add_fields[] = {
    {"appends in the order given", {{"Fields", "x=1|a=2"}}, "k=v", "k=v|x=1|a=2", 0},
    {"to an empty log, too", {{"Fields", "x=1"}}, "", "x=1", 0},
    {"the same key twice", {{"Fields", "k=1"}}, "k=v", "k=v|k=1", 0},
    {"unless told not to", {{"Fields", "k=1|x=2"}, {"IgnoreIfExist", "true"}}, "k=v", "k=v|x=2", 0},
    {"letter case counts", {{"Fields", "K=1"}, {"IgnoreIfExist", "true"}}, "k=v", "k=v|K=1", 0},
    {"empty texts", {{"Fields", "="}}, "k=v", "k=v|=", 0},
};

static const struct processing_row drop[] = {
    {"every occurrence", {{"DropKeys", "a"}}, "a=1|b=2|a=3", "b=2", 0},
    {"several keys, one twice", {{"DropKeys", "a|c|a"}}, "a=1|b=2|c=3", "b=2", 0},
    {"nothing is left", {{"DropKeys", "a"}}, "a=1", "", 0},
    {"none is there", {{"DropKeys", "x"}}, "a=1|b=2", "a=1|b=2", 0},
    {"letter case counts", {{"DropKeys", "A"}}, "a=1", "a=1", 0},
};

START_TEST(add_fields_row)
{
    processing_check("processor_add_fields", &add_fields[_i]);
}
END_TEST

static const struct processing_row unchanged = {"as it was", {{0}}, "a=1|b=2", "a=1|b=2", 0};

START_TEST(default_changes_nothing)
{
    processing_check("processor_default", &unchanged);
}
END_TEST

START_TEST(drop_row)
{
    processing_check("processor_drop", &drop[_i]);
}
END_TEST

START_TEST(added_fields_outlive_the_processor)
{
    static const struct given given[] = {{"Fields", "x=1"}, {0}};

    ck_assert(processing_create("processor_add_fields", given));
    processing_add("k=v");
    processing_run();
    ck_assert_ptr_ne(test.batch->logs[0].contents[1].value.data,
        ((const struct weir_str_map *)test.options.values)->items[0].value.data);
}
END_TEST

START_TEST(option_tables_are_sound)
{
    const struct processor_class *class;
    char text[200];

    for (size_t i = 0; (class = processor_class_at(i)); i++)
        ck_assert_msg(options_check_table(&class->config, text, sizeof text) == 0, "%s: %s",
            class->config.type, text);
}
END_TEST

START_TEST(an_empty_batch_is_fine)
{
    static const struct given given[] = {{"Fields", "x=1"}, {0}};

    ck_assert(processing_create("processor_add_fields", given));
    processing_run();
    ck_assert_uint_eq(test.batch->n_logs, 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("fields");

    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, add_fields_row, 0, ARRAY_SIZE(add_fields));
    tcase_add_test(tests, default_changes_nothing);
    tcase_add_loop_test(tests, drop_row, 0, ARRAY_SIZE(drop));
    tcase_add_test(tests, added_fields_outlive_the_processor);
    tcase_add_test(tests, option_tables_are_sound);
    tcase_add_test(tests, an_empty_batch_is_fine);
    return unit_run(tests);
}
