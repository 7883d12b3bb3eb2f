/* Processors that drop logs or fields: filter_regex, filter_key_regex, pick_key,
 * fields_with_condition. Rows: logs in, logs out. */
#include "process/processing.h"

static const struct processing_many filter_regex[] = {
    {"nothing said: all pass", "{}", "a=1\nb=2", "a=1\nb=2", 0, 0},
    {"Include: a match somewhere", "{\"Include\":{\"a\":\"x\"}}", "a=axb\na=ab", "a=axb", 0, 1},
    {"Include: each key must be there", "{\"Include\":{\"a\":\".\",\"b\":\".\"}}",
        "a=1\nb=1\nb=1|c=3|a=1", "b=1|c=3|a=1", 0, 2},
    {"Include: an empty log", "{\"Include\":{\"a\":\".*\"}}", "a=\nc=1", "a=", 0, 1},
    {"Exclude: one match drops", "{\"Exclude\":{\"a\":\"x\",\"b\":\"y\"}}",
        "a=x|b=1\na=1|b=y\na=y|b=x", "a=y|b=x", 0, 2},
    {"Exclude: a key that is not there", "{\"Exclude\":{\"a\":\".*\"}}", "b=1", "b=1", 0, 0},
    {"both", "{\"Include\":{\"a\":\"^1\"},\"Exclude\":{\"a\":\"2$\"}}", "a=12\na=13\na=21", "a=13",
        0, 2},
    {"equal keys must all match", "{\"Include\":{\"a\":\"x\"}}", "a=x|a=y\na=x|a=x", "a=x|a=x", 0,
        1},
    {"a dot is no newline", "{\"Include\":{\"a\":\"x.y\"}}", "a=x-y\na=xy", "a=x-y", 0, 1},
    {"letter case counts", "{\"Include\":{\"A\":\"x\"}}", "a=x", "", 0, 1},
    {"too hard is no match, and counted", "{\"Include\":{\"a\":\"^(([a-z])+.)+[A-Z]([a-z])+$\"}}",
        "a=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", "", 1, 1},
};

START_TEST(filter_regex_row)
{
    processing_check_many("processor_filter_regex", &filter_regex[_i]);
}
END_TEST

START_TEST(a_dot_of_a_filter_is_no_newline)
{
    static const struct given given[] = {{"Include", "a=x.y"}, {0}};

    ck_assert(processing_create("processor_filter_regex", given));
    processing_add_bytes("a", "x\ny", 3);
    processing_run();
    ck_assert_uint_eq(test.batch->n_logs, 0);
}
END_TEST

static const struct processing_many filter_key_regex[] = {
    {"nothing said: all pass", "{}", "a=1", "a=1", 0, 0},
    {"Include: each matches some key", "{\"Include\":[\"^a\",\"b$\"]}",
        "a=1|b=1\nab=1\na=1\nb=1\nc=1", "a=1|b=1\nab=1", 0, 3},
    {"Exclude", "{\"Exclude\":[\"x\",\"y\"]}", "a=x\nbx=1\nb=1|y=2", "a=x", 0, 2},
    {"both", "{\"Include\":[\"a\"],\"Exclude\":[\"b\"]}", "a=1\nab=1\nb=1\nc=1", "a=1", 0, 3},
    {"one log after the other with other keys", "{\"Include\":[\"a\"]}", "a=1\nb=1\na=2\nb=2\na=3",
        "a=1\na=2\na=3", 0, 2},
};

START_TEST(filter_key_regex_row)
{
    processing_check_many("processor_filter_key_regex", &filter_key_regex[_i]);
}
END_TEST

START_TEST(shared_keys_are_judged_once_but_not_for_other_logs)
{
    static const struct weir_str keys[] = {{"a", 1}, {"b", 1}};

    ck_assert(processing_create_json("processor_filter_key_regex", "{\"Include\":[\"a\"]}"));
    for (int i = 0; i < 6; i++) /* a, a, b, b, a, a */
        batch_add_content(test.batch, batch_add_log(test.batch, 1), keys[i / 2 % 2], keys[0]);
    processing_run();
    ck_assert_str_eq(processing_show_all(), "a=a\na=a\na=a\na=a");
}
END_TEST

static const struct processing_many pick_key[] = {
    {"nothing said: all stay", "{}", "a=1|b=2", "a=1|b=2", 0, 0},
    {"Include", "{\"Include\":[\"a\",\"c\"]}", "a=1|b=2|c=3|a=4\nb=1", "a=1|c=3|a=4", 0, 1},
    {"Exclude", "{\"Exclude\":[\"a\"]}", "a=1|b=2\na=1", "b=2", 0, 1},
    {"both", "{\"Include\":[\"a\",\"b\"],\"Exclude\":[\"b\"]}", "a=1|b=2|c=3\nb=1", "a=1", 0, 1},
    {"letter case counts", "{\"Exclude\":[\"A\"]}", "a=1", "a=1", 0, 0},
};

START_TEST(pick_key_row)
{
    processing_check_many("processor_pick_key", &pick_key[_i]);
}
END_TEST

#define CASE(CONDITION, ACTIONS) "{\"Case\":{" CONDITION "},\"Actions\":[" ACTIONS "]}"
#define ADD(FIELDS) "{\"type\":\"processor_add_fields\",\"Fields\":{" FIELDS "}}"
#define ADD_MISSING(FIELDS) \
    "{\"type\":\"processor_add_fields\",\"IgnoreIfExist\":true,\"Fields\":{" FIELDS "}}"
#define DROP(KEYS) "{\"type\":\"processor_drop\",\"DropKeys\":[" KEYS "]}"

static const struct processing_many conditions[] = {
    {"no case", "{}", "a=1", "a=1", 0, 0},
    {"no case, drop", "{\"DropIfNotMatchCondition\":true}", "a=1", "", 0, 1},
    {"equals is what is meant when nothing is said",
        "{\"Switch\":[" CASE("\"FieldConditions\":{\"a\":\"1\"}", ADD("\"x\":\"y\"")) "]}",
        "a=1\na=12\nb=1", "a=1|x=y\na=12\nb=1", 0, 0},
    {"and",
        "{\"Switch\":[" CASE(
            "\"FieldConditions\":{\"a\":\"1\",\"b\":\"2\"}", ADD("\"x\":\"y\"")) "]}",
        "a=1|b=2\na=1\na=1|b=3", "a=1|b=2|x=y\na=1\na=1|b=3", 0, 0},
    {"or",
        "{\"Switch\":[" CASE(
            "\"LogicalOperator\":\"or\",\"FieldConditions\":{\"a\":\"1\",\"b\":\"2\"}",
            ADD("\"x\":\"y\"")) "]}",
        "a=1\nb=2\nb=3", "a=1|x=y\nb=2|x=y\nb=3", 0, 0},
    {"operators that are not said",
        "{\"Switch\":[" CASE("\"LogicalOperator\":\"\",\"RelationOperator\":\"\","
                             "\"FieldConditions\":{\"a\":\"1\",\"b\":\"2\"}",
            ADD("\"x\":\"y\"")) "]}",
        "a=1|b=2\na=1\na=12|b=2", "a=1|b=2|x=y\na=1\na=12|b=2", 0, 0},
    {"regexp",
        "{\"Switch\":[" CASE("\"RelationOperator\":\"regexp\",\"FieldConditions\":{\"a\":\"^1+$\"}",
            ADD("\"x\":\"y\"")) "]}",
        "a=111\na=112", "a=111|x=y\na=112", 0, 0},
    {"contains",
        "{\"Switch\":[" CASE("\"RelationOperator\":\"contains\",\"FieldConditions\":{\"a\":\"bc\"}",
            ADD("\"x\":\"y\"")) "]}",
        "a=abcd\na=abd\na=", "a=abcd|x=y\na=abd\na=", 0, 0},
    {"startwith",
        "{\"Switch\":[" CASE(
            "\"RelationOperator\":\"startwith\",\"FieldConditions\":{\"a\":\"ab\"}",
            ADD("\"x\":\"y\"")) "]}",
        "a=abc\na=bab\na=a", "a=abc|x=y\na=bab\na=a", 0, 0},
    {"the first case that holds",
        "{\"Switch\":[" CASE("\"FieldConditions\":{\"a\":\"1\"}", ADD("\"x\":\"1\"")) "," CASE(
            "\"FieldConditions\":{\"b\":\"1\"}", ADD("\"x\":\"2\"")) "]}",
        "a=1|b=1\nb=1", "a=1|b=1|x=1\nb=1|x=2", 0, 0},
    {"the others are dropped",
        "{\"DropIfNotMatchCondition\":true,\"Switch\":[" CASE(
            "\"FieldConditions\":{\"a\":\"1\"}", "") "]}",
        "a=1\nb=1", "a=1", 0, 1},
    {"drop fields",
        "{\"Switch\":[" CASE("\"FieldConditions\":{\"a\":\"1\"}", DROP("\"a\",\"b\"")) "]}",
        "a=1|b=2|c=3|b=4", "c=3", 0, 0},
    {"actions in their order",
        "{\"Switch\":[" CASE(
            "\"FieldConditions\":{\"a\":\"1\"}", DROP("\"a\"") "," ADD("\"a\":\"2\"")) "]}",
        "a=1", "a=2", 0, 0},
    {"a key that is there already",
        "{\"Switch\":[" CASE("\"FieldConditions\":{\"a\":\"1\"}", ADD("\"a\":\"2\"")) "]}", "a=1",
        "a=1|a=2", 0, 0},
    {"IgnoreIfExist",
        "{\"Switch\":[" CASE(
            "\"FieldConditions\":{\"a\":\"1\"}", ADD_MISSING("\"a\":\"2\",\"b\":\"3\"")) "]}",
        "a=1", "a=1|b=3", 0, 0},
    {"a case without conditions does not hold", "{\"Switch\":[" CASE("", ADD("\"x\":\"y\"")) "]}",
        "a=1", "a=1", 0, 0},
};

START_TEST(condition_row)
{
    processing_check_many("processor_fields_with_condition", &conditions[_i]);
}
END_TEST

static const struct {
    const char *type, *options, *why;
} refused[] = {
    {"processor_filter_regex", "{\"Include\":{\"key\":\"(\"}}",
        "\"(\" does not do for 'Include' of processor_filter_regex"},
    {"processor_filter_regex", "{\"Exclude\":{\"key\":\"[\"}}",
        "\"[\" does not do for 'Exclude' of processor_filter_regex"},
    {"processor_filter_key_regex", "{\"Exclude\":[\"*\"]}",
        "\"*\" does not do for 'Exclude' of processor_filter_key_regex"},
    {"processor_fields_with_condition",
        "{\"Switch\":[" CASE(
            "\"RelationOperator\":\"regexp\",\"FieldConditions\":{\"a\":\"(\"}", "") "]}",
        "FieldConditions of a, character 1: missing closing parenthesis"},
};

START_TEST(refused_row)
{
    ck_assert(!processing_create_json(refused[_i].type, refused[_i].options));
    ck_assert_str_eq(test.why, refused[_i].why);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("filter");

    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, filter_regex_row, 0, ARRAY_SIZE(filter_regex));
    tcase_add_test(tests, a_dot_of_a_filter_is_no_newline);
    tcase_add_loop_test(tests, filter_key_regex_row, 0, ARRAY_SIZE(filter_key_regex));
    tcase_add_test(tests, shared_keys_are_judged_once_but_not_for_other_logs);
    tcase_add_loop_test(tests, pick_key_row, 0, ARRAY_SIZE(pick_key));
    tcase_add_loop_test(tests, condition_row, 0, ARRAY_SIZE(conditions));
    tcase_add_loop_test(tests, refused_row, 0, ARRAY_SIZE(refused));
    return unit_run(tests);
}
