/* Processors that take a field apart at separators: split_char, split_string, csv,
 * split_key_value. Rows: one log in, the same log out. */
#include "process/processing.h"

#define SEP(TEXT) \
    { \
        "SplitSep", TEXT \
    }
#define KEYS(TEXT) \
    { \
        "SplitKeys", TEXT \
    }
#define YES(NAME) \
    { \
        NAME, "true" \
    }
#define NO(NAME) \
    { \
        NAME, "false" \
    }
#define QUOTED {"Quote", "\""}, YES("QuoteFlag")

static const struct processing_row split_char[] = {
    {"as many as keys", {SEP(","), KEYS("a|b|c")}, "s=1,2,3|x=0", "x=0|a=1|b=2|c=3", 0},
    {"what is left", {SEP(","), KEYS("a|b")}, "s=1,2,3,4", "a=1|b=2|_split_preserve_=3,4", 0},
    {"what is left goes", {SEP(","), KEYS("a"), NO("PreserveOthers")}, "s=1,2", "a=1", 0},
    {"a separator at the end", {SEP(","), KEYS("a|b")}, "s=1,2,", "a=1|b=2", 0},
    {"fewer", {SEP(","), KEYS("a|b|c")}, "s=1,2", "a=1|b=2", 1},
    {"fewer, and a separator at the end", {SEP(","), KEYS("a|b")}, "s=1,", "a=1", 1},
    {"empty values", {SEP(","), KEYS("a|b|c")}, "s=,,3", "a=|b=|c=3", 0},
    {"an empty text", {SEP(","), KEYS("a")}, "s=", "", 1},
    {"no keys", {SEP(",")}, "s=1,2", "_split_preserve_=1,2", 0},
    {"no keys, an empty text", {SEP(",")}, "s=", "_split_preserve_=", 0},
    {"SourceKey", {SEP(","), KEYS("a|b"), {"SourceKey", "s"}}, "x=0|s=1,2", "x=0|a=1|b=2", 0},
    {"KeepSource", {SEP(","), KEYS("a"), YES("KeepSource")}, "s=1", "s=1|a=1", 0},
    {"no such key", {SEP(","), {"SourceKey", "q"}}, "s=1", "s=1", 0},
    {"no such key is an error", {SEP(","), {"SourceKey", "q"}, YES("NoKeyError")}, "s=1", "s=1", 1},
    {"quotes mean nothing unless told", {SEP(","), KEYS("a|b")}, "s=\"1,2\"", "a=\"1|b=2\"", 0},
    {"quoted", {SEP(","), KEYS("a|b"), QUOTED}, "s=\"1,2\",3", "a=1,2|b=3", 0},
    {"quoted at the end", {SEP(","), KEYS("a|b"), QUOTED}, "s=1,\"2,3\"", "a=1|b=2,3", 0},
    {"doubled", {SEP(","), KEYS("a|b"), QUOTED}, "s=\"a\"\"b\"\"\",c", "a=a\"b\"|b=c", 0},
    {"quoted nothing", {SEP(","), KEYS("a|b"), QUOTED}, "s=\"\",\"\"", "a=|b=", 0},
    {"quoted, and some are left", {SEP(","), KEYS("a"), QUOTED}, "s=\"1\",\"2\",3",
        "a=1|_split_preserve_=\"2\",3", 0},
    {"a quote inside a value", {SEP(","), KEYS("a|b"), QUOTED}, "s=1\"2,3", "a=1\"2|b=3", 0},
    {"bytes behind the last quote", {SEP(","), KEYS("a|b"), QUOTED}, "s=1,\"2\"3", "s=1,\"2\"3", 1},
    {"never closed", {SEP(","), KEYS("a|b"), QUOTED}, "s=1,\"2,3", "s=1,\"2,3", 1},
    {"wrong quotes lose the source if told so",
        {SEP(","), KEYS("a|b"), QUOTED, NO("KeepSourceIfParseError")}, "s=1,\"2,3|x=1", "x=1", 1},
};

static const struct processing_row split_string[] = {
    {"as many as keys", {SEP("::"), KEYS("a|b|c")}, "s=1::2::3|x=0", "x=0|a=1|b=2|c=3", 0},
    {"what is left", {SEP("::"), KEYS("a|b")}, "s=1::2::3::4", "a=1|b=2|_split_preserve_=3::4", 0},
    {"what is left goes", {SEP("::"), KEYS("a"), NO("PreserveOthers")}, "s=1::2", "a=1", 0},
    {"nothing is left, but a separator", {SEP("::"), KEYS("a")},
        "s=1::", "a=1|_split_preserve_=", 0},
    {"what is left is split",
        {SEP("::"), KEYS("a"), YES("ExpandOthers"), {"ExpandKeyPrefix", "e_"}},
        "s=1::2::3::", "a=1|e_1=2|e_2=3|e_3=", 0},
    {"split without keys", {SEP("::"), YES("ExpandOthers")}, "s=1::2", "1=1|2=2", 0},
    {"no keys", {SEP("::")}, "s=1::2", "_split_preserve_=1::2", 0},
    {"fewer", {SEP("::"), KEYS("a|b|c")}, "s=1::2", "a=1|b=2", 1},
    {"an empty text", {SEP("::"), KEYS("a|b")}, "s=", "a=", 1},
    {"a part of a separator", {SEP("::"), KEYS("a|b")}, "s=1:2::3:", "a=1:2|b=3:", 0},
    {"overlapping separators", {SEP("::"), KEYS("a|b")}, "s=1:::2", "a=1|b=:2", 0},
    {"KeepSource", {SEP("::"), KEYS("a"), YES("KeepSource")}, "s=1", "s=1|a=1", 0},
    {"no such key is an error", {{"SourceKey", "q"}, YES("NoKeyError")}, "s=1", "s=1", 1},
};

static const struct processing_row csv[] = {
    {"plain", {KEYS("a|b|c")}, "s=1,2,3|x=0", "x=0|a=1|b=2|c=3", 0},
    {"quoted", {KEYS("a|b")}, "s=\"1,2\",\"a\"\"b\"", "a=1,2|b=a\"b", 0},
    {"empty fields", {KEYS("a|b|c")}, "s=,,", "a=|b=|c=", 0},
    {"an empty text is an empty field", {KEYS("a")}, "s=", "a=", 0},
    {"fewer", {KEYS("a|b")}, "s=1", "a=1", 1},
    {"more", {KEYS("a")}, "s=1,2", "a=1", 1},
    {"more are kept, as CSV", {KEYS("a"), YES("PreserveOthers")}, "s=1,\"2,3\",4,\"x\"\"\", y",
        "a=1|_decode_preserve_=\"2,3\",4,\"x\"\"\",\" y\"", 1},
    {"more are kept, each",
        {KEYS("a"), YES("PreserveOthers"), YES("ExpandOthers"), {"ExpandKeyPrefix", "e"}},
        "s=1,\"2,3\",4", "a=1|e1=2,3|e2=4", 1},
    {"no keys", {YES("PreserveOthers")}, "s=1,2", "_decode_preserve_=1,2", 0},
    {"no keys, nothing kept", {{0}}, "s=1,2|x=1", "x=1", 0},
    {"spaces stay", {KEYS("a|b")}, "s= 1, 2", "a= 1|b= 2", 0},
    {"TrimLeadingSpace", {KEYS("a|b"), YES("TrimLeadingSpace")}, "s= 1, \t\"2 \"", "a=1|b=2 ", 0},
    {"another separator", {KEYS("a|b"), SEP("\t")}, "s=1,2\t3", "a=1,2|b=3", 0},
    {"a separator of several bytes", {KEYS("a|b"), SEP("\303\244")}, "s=1\303\2442", "a=1|b=2", 0},
    {"only the first record", {KEYS("a|b")}, "s=\n1,2\n3,4", "a=1|b=2", 0},
    {"a newline in quotes", {KEYS("a|b")}, "s=\"1\n2\r\n3\",4\r\n", "a=1\n2\n3|b=4", 0},
    {"a quote in a field", {KEYS("a|b")}, "s=1\"2,3", "s=1\"2,3", 1},
    {"bytes behind a quote", {KEYS("a|b")}, "s=1,\"2\"3", "s=1,\"2\"3", 1},
    {"never closed", {KEYS("a|b")}, "s=1,\"2", "s=1,\"2", 1},
    {"KeepSource", {KEYS("a"), YES("KeepSource")}, "s=1", "s=1|a=1", 0},
    {"no such key is an error", {KEYS("a"), {"SourceKey", "q"}, YES("NoKeyError")}, "s=1", "s=1",
        1},
};

#define PAIRS {"Delimiter", " "}, {"Separator", "="}, NO("KeepSource")
#define QUOTE \
    { \
        "Quote", "\"" \
    }

static const struct processing_row key_value[] = {
    {"as upstream has it", {{0}}, "s=a:1\tb:2", "s=a:1\tb:2|a=1|b=2", 0},
    {"KeepSource", {NO("KeepSource")}, "s=a:1\tb:2|x=0", "x=0|a=1|b=2", 0},
    {"other separators", {PAIRS}, "s=a=1 b=2 c=", "a=1|b=2|c=", 0},
    {"longer ones", {{"Delimiter", "&&"}, {"Separator", "=>"}, NO("KeepSource")}, "s=a=>1&&b=>2&3",
        "a=1|b=2&3", 0},
    {"a separator in the value", {PAIRS}, "s=a=1=2", "a=1=2", 0},
    {"empty keys", {PAIRS}, "s==1 b=2 =3", "empty_key_0=1|b=2|empty_key_1=3", 1},
    {"another name for them", {PAIRS, {"EmptyKeyPrefix", "e"}}, "s==1", "e0=1", 1},
    {"no separator", {PAIRS}, "s=a b=2 c", "no_separator_key_0=a|b=2|no_separator_key_1=c", 1},
    {"another name for it", {PAIRS, {"NoSeparatorKeyPrefix", "n"}}, "s=a", "n0=a", 1},
    {"left out", {PAIRS, YES("DiscardWhenSeparatorNotFound")}, "s=a b=2 c", "b=2", 1},
    {"a delimiter at the end", {PAIRS}, "s=a=1 ", "a=1|no_separator_key_0=", 1},
    {"an empty text", {PAIRS}, "s=", "no_separator_key_0=", 1},
    {"quotes mean nothing unless told", {PAIRS}, "s=a=\"1\"", "a=\"1\"", 0},
    {"quoted", {PAIRS, QUOTE}, "s=a=\"1 2\" b=\"3\" c=4", "a=1 2|b=3|c=4", 0},
    {"quoted, with separators", {PAIRS, QUOTE}, "s=a=\"b=1 c=2\" d=3", "a=b=1 c=2|d=3", 0},
    {"quoted at the end", {PAIRS, QUOTE}, "s=a=\"1 2\"", "a=1 2", 0},
    {"a delimiter right behind the quote", {PAIRS, QUOTE}, "s=a=\" 1\" b=2", "a= 1|b=2", 0},
    {"a quote behind a backslash", {PAIRS, QUOTE}, "s=a=\"x \\\" y\" b=2", "a=x \\\" y|b=2", 0},
    {"never closed", {PAIRS, QUOTE}, "s=a=\"1 b=2", "a=\"1|b=2", 0},
    {"a quoted pair", {PAIRS, QUOTE}, "s=\"x y\" b=2", "no_separator_key_0=x y|b=2", 1},
    {"longer quotes", {PAIRS, {"Quote", "'''"}}, "s=a='''1 2''' b=3", "a=1 2|b=3", 0},
    {"no such key is an error", {{"SourceKey", "q"}}, "s=1", "s=1", 1},
    {"unless told not to", {{"SourceKey", "q"}, NO("ErrIfSourceKeyNotFound")}, "s=1", "s=1", 0},
};

START_TEST(split_char_row)
{
    processing_check("processor_split_char", &split_char[_i]);
}
END_TEST

START_TEST(split_string_row)
{
    processing_check("processor_split_string", &split_string[_i]);
}
END_TEST

START_TEST(csv_row)
{
    processing_check("processor_csv", &csv[_i]);
}
END_TEST

START_TEST(key_value_row)
{
    processing_check("processor_split_key_value", &key_value[_i]);
}
END_TEST

static const struct {
    const char *type;
    struct given given[3];
    const char *why;
} refused[] = {
    {"processor_split_char", {SEP("ab")}, "SplitSep is not one byte"},
    {"processor_split_char", {{"Quote", "ab"}, YES("QuoteFlag")}, "Quote is not one byte"},
    {"processor_csv", {SEP("ab")},
        "SplitSep: \"ab\" is not one character that can separate fields"},
    {"processor_csv", {SEP("\"")},
        "SplitSep: \"\"\" is not one character that can separate fields"},
    {"processor_csv", {SEP("")}, "SplitSep: \"\" is not one character that can separate fields"},
};

START_TEST(refused_row)
{
    ck_assert(!processing_create(refused[_i].type, refused[_i].given));
    ck_assert_str_eq(test.why, refused[_i].why);
}
END_TEST

/* A line of nothing but separators may not make contents without end. */
static const struct {
    const char *type;
    struct given given[4];
    char fill;
} hostile[] = {
    {"processor_split_string", {SEP(","), YES("ExpandOthers")}, ','},
    {"processor_split_key_value", {PAIRS}, ' '},
};

START_TEST(fields_are_bounded)
{
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);

    memset(text, hostile[_i].fill, SIZE);
    ck_assert(processing_create(hostile[_i].type, hostile[_i].given));
    processing_add_bytes("s", text, SIZE);
    free(text);
    processing_run();
    ck_assert_uint_le(test.batch->logs[0].n_contents, 4097);
    ck_assert_uint_ge(test.batch->logs[0].n_contents, 4095);
    ck_assert_uint_eq(test.processor->n_failed, 1);
}
END_TEST

START_TEST(a_record_with_too_many_fields_stays_whole)
{
    enum { SIZE = 1 << 20 };
    static const struct given given[] = {
        KEYS("a"), YES("PreserveOthers"), YES("ExpandOthers"), {0}};
    char *text = malloc(SIZE);

    memset(text, ',', SIZE);
    ck_assert(processing_create("processor_csv", given));
    processing_add_bytes("s", text, SIZE);
    free(text);
    processing_run();
    ck_assert_uint_eq(test.batch->logs[0].n_contents, 1);
    ck_assert_uint_eq(test.batch->logs[0].contents[0].value.size, SIZE);
    ck_assert_uint_eq(test.processor->n_failed, 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("split");

    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, split_char_row, 0, ARRAY_SIZE(split_char));
    tcase_add_loop_test(tests, split_string_row, 0, ARRAY_SIZE(split_string));
    tcase_add_loop_test(tests, csv_row, 0, ARRAY_SIZE(csv));
    tcase_add_loop_test(tests, key_value_row, 0, ARRAY_SIZE(key_value));
    tcase_add_loop_test(tests, refused_row, 0, ARRAY_SIZE(refused));
    tcase_add_loop_test(tests, fields_are_bounded, 0, ARRAY_SIZE(hostile));
    tcase_add_test(tests, a_record_with_too_many_fields_stays_whole);
    return unit_run(tests);
}
