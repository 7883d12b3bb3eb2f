/* The processors that upstream has written in C++. Rows: logs in, logs out. */
#include "process/processing.h"

#define S "\"SourceKey\":\"s\","
#define KEEP ",\"KeepingSourceWhenParseFail\":true,\"KeepingSourceWhenParseSucceed\":true"
#define RE(REGEX, KEYS) S "\"Regex\":\"" REGEX "\",\"Keys\":[" KEYS "]"

static const struct processing_many regex[] = {
    {"the source goes, the groups come", "{" RE("(\\\\d+) (\\\\w+)", "\"n\",\"w\"") "}",
        "s=12 abc|x=1", "x=1|n=12|w=abc", 0, 0},
    {"all of it must match", "{" RE("(\\\\d+)", "\"n\"") "}", "s=12|x=1\ns=12a|x=1\ns=a12|x=1",
        "x=1|n=12\nx=1\nx=1", 2, 0},
    {"whichever alternative that takes", "{" RE("(a|ab)(c?)", "\"x\",\"y\"") "}", "s=abc",
        "x=ab|y=c", 0, 0},
    {"a lazy run goes to the end", "{" RE("(.*?)", "\"x\"") "}", "s=abc", "x=abc", 0, 0},
    {"a group that took no part is empty", "{" RE("(a)(x)?", "\"p\",\"q\"") "}", "s=a", "p=a|q=", 0,
        0},
    {"no match and nothing else: the log goes", "{" RE("(\\\\d+)", "\"n\"") "}", "s=a\ns=1", "n=1",
        1, 1},
    {"unless the source is kept", "{" RE("(\\\\d+)", "\"n\"") KEEP "}", "s=a\ns=1", "s=a\nn=1|s=1",
        1, 0},
    {"under another key", "{" RE("(\\\\d+)", "\"n\"") KEEP ",\"RenamedSourceKey\":\"raw\"}",
        "s=a\ns=1", "raw=a\nn=1|raw=1", 1, 0},
    {"and once more", "{" RE("(\\\\d+)", "\"n\"") KEEP ",\"CopingRawLog\":true}", "s=a",
        "s=a|__raw_log__=a", 1, 0},
    {"a key that is there is replaced", "{" RE("(\\\\w)(\\\\w)", "\"x\",\"y\"") "}", "x=0|s=ab",
        "x=a|y=b", 0, 0},
    {"also the source itself", "{" RE("(\\\\w)(\\\\w)", "\"s\",\"y\"") "}", "s=ab|z=1",
        "s=a|z=1|y=b", 0, 0},
    {"and then it is not lost twice", "{" RE("(\\\\w)(\\\\w)", "\"s\",\"y\"") KEEP "}", "s=ab",
        "s=a|y=b", 0, 0},
    {"a kept source does not replace",
        "{" RE("(\\\\w)", "\"n\"") KEEP ",\"RenamedSourceKey\":\"n\"}", "s=a", "n=a", 0, 0},
    {"the whole line", "{" RE("(.*)", "\"n\"") "}", "s=any thing|x=1", "x=1|n=any thing", 0, 0},
    {"one key with commas is several", "{" RE("(.)(.)", "\"x,y\"") "}", "s=ab", "x=a|y=b", 0, 0},
    {"fewer groups than keys", "{" RE("(.)", "\"x\",\"y\"") "}", "s=a|z=1", "z=1", 1, 0},
    {"no such key", "{" RE("(.)", "\"x\"") "}", "z=1", "z=1", 0, 0},
};

static const struct processing_many json[] = {
    {"members", "{\"SourceKey\":\"s\"}", "s={\"a\":\"1\",\"b\":2.50,\"c\":true,\"d\":null}|x=1",
        "x=1|a=1|b=2.50|c=true|d=", 0, 0},
    {"one level", "{\"SourceKey\":\"s\"}", "s={\"a\":{\"b\":[1,2]},\"c\":[3]}",
        "a={\"b\":[1,2]}|c=[3]", 0, 0},
    {"escapes", "{\"SourceKey\":\"s\"}", "s={\"a\\u0062\":\"x\\ty\"}", "ab=x\ty", 0, 0},
    {"a key that is there is replaced", "{\"SourceKey\":\"s\"}", "x=0|s={\"x\":1,\"s\":2}",
        "x=1|s=2", 0, 0},
    {"nothing stays of what is cut off", "{\"SourceKey\":\"s\"}",
        "s={\"a\":1,\"b\":|x=1\ns=[]|x=2\ns=|x=3", "x=1\nx=2\nx=3", 3, 0},
    {"no JSON and nothing else: the log goes", "{\"SourceKey\":\"s\"}", "s=x", "", 1, 1},
    {"unless the source is kept", "{\"SourceKey\":\"s\"" KEEP "}", "s=x\ns={\"a\":1}",
        "s=x\na=1|s={\"a\":1}", 1, 0},
    {"no such key", "{\"SourceKey\":\"s\"}", "x=1", "x=1", 0, 0},
};

#define DL(SEPARATOR, KEYS) S "\"Separator\":\"" SEPARATOR "\",\"Keys\":[" KEYS "]"
#define AB "\"a\",\"b\""

static const struct processing_many delimiter[] = {
    {"as many as keys", "{" DL(",", AB) "}", "s=1,2|x=0", "x=0|a=1|b=2", 0, 0},
    {"spaces around all go", "{" DL(",", AB) "}", "s=  1 , 2 \r", "a=1 |b= 2", 0, 0},
    {"more are columns", "{" DL(",", AB) "}", "s=1,2,3,4", "a=1|b=2|__column2__=3|__column3__=4", 0,
        0},
    {"more are one column", "{" DL(",", AB) ",\"OverflowedFieldsTreatment\":\"keep\"}", "s=1,2,3,4",
        "a=1|b=2|__column2__=,3,4", 0, 0},
    {"more go, and the key _",
        "{" DL(",", "\"a\",\"_\"") ",\"OverflowedFieldsTreatment\":\"discard\"}", "s=1,2,3,4",
        "a=1", 0, 0},
    {"the key _ is one otherwise", "{" DL(",", "\"a\",\"_\"") "}", "s=1,2", "a=1|_=2", 0, 0},
    {"a separator at the end", "{" DL(",", AB) "}", "s=1,", "a=1|b=", 0, 0},
    {"and behind the last key", "{" DL(",", AB) "}", "s=1,2,", "a=1|b=2|__column2__=", 0, 0},
    {"fewer", "{" DL(",", AB) "}", "s=1", "a=1", 0, 0},
    {"fewer is wrong", "{" DL(",", AB) ",\"AllowingShortenedFields\":false}", "s=1|x=0", "x=0", 1,
        0},
    {"quoted", "{" DL(",", AB) "}", "s=\"1,1\",\"a\"\"b\"", "a=1,1|b=a\"b", 0, 0},
    {"quoted, and more are one column",
        "{" DL(",", "\"a\"") ",\"OverflowedFieldsTreatment\":\"keep\"}", "s=\"1\",\"2,2\",3",
        "a=1|__column1__=,2,2,3", 0, 0},
    {"another quote", "{" DL(",", AB) ",\"Quote\":\"'\"}", "s='1,1',\"2", "a=1,1|b=\"2", 0, 0},
    {"a quote inside a value", "{" DL(",", AB) "}", "s=1\"1,2|x=0", "x=0", 1, 0},
    {"never closed", "{" DL(",", AB) "}", "s=\"1,2|x=0", "x=0", 1, 0},
    {"bytes behind a quote", "{" DL(",", AB) "}", "s=\"1\"1,2|x=0", "x=0", 1, 0},
    {"a longer separator", "{" DL("||", AB) "}", "s=1", "a=1", 0, 0},
    {"a tab", "{" DL("\\\\t", AB) "}", "s=1\t2", "a=1|b=2", 0, 0},
    {"quotes mean nothing with a longer one", "{" DL("::", AB) "}", "s=\"1::2\"", "a=\"1|b=2\"", 0,
        0},
    {"nothing", "{" DL(",", AB) "}", "s=  |x=0", "x=0", 1, 0},
    {"a key that is there is replaced", "{" DL(",", AB) "}", "a=0|s=1,2", "a=1|b=2", 0, 0},
};

#define DS(METHOD, MORE) \
    S "\"Method\":\"" METHOD "\",\"ContentPatternBeforeReplacedString\":\"pwd=|pw=\"," \
      "\"ReplacedContentPattern\":\"[^,]+\"" MORE
#define STARS ",\"ReplacingString\":\"***\""
#define ALL ",\"ReplacingAll\":true"

static const struct processing_many desensitize[] = {
    {"the first", "{" DS("const", STARS) "}", "s=a,pwd=1,pw=2,b", "s=a,pwd=***,pw=2,b", 0, 0},
    {"all", "{" DS("const", STARS ALL) "}", "s=a,pwd=1,pw=2,b|x=pwd=1",
        "s=a,pwd=***,pw=***,b|x=pwd=1", 0, 0},
    {"every field of the key", "{" DS("const", STARS) "}", "s=pw=1|s=pw=2", "s=pw=***|s=pw=***", 0,
        0},
    {"by digest", "{" DS("md5", ALL) "}",
        "s=pw=hello,pwd=", "s=pw=5d41402abc4b2a76b9719d911017c592,pwd=", 0, 0},
    {"an alternative that nothing stands before",
        "{\"SourceKey\":\"s\",\"Method\":\"const\",\"ContentPatternBeforeReplacedString\":\"pw=\","
        "\"ReplacedContentPattern\":\"\\\\d+|secret\"" STARS ALL "}",
        "s=a secret,pw=12,b", "s=a ***,pw=***,b", 0, 0},
    {"none", "{" DS("const", STARS) "}", "s=a\nx=1", "s=a\nx=1", 0, 0},
};

#define COND(KEY, EXP) "{\"key\":\"" KEY "\",\"exp\":\"" EXP "\",\"type\":\"regex\"}"
#define OP(NAME, OPERANDS) "{\"operator\":\"" NAME "\",\"operands\":[" OPERANDS "]}"

static const struct processing_many filter[] = {
    {"nothing said: all pass", "{}", "a=1", "a=1", 0, 0},
    {"Include: as a whole", "{\"Include\":{\"a\":\"\\\\d\",\"b\":\".*\"}}",
        "a=1|b=x\na=12|b=x\na=1\nb=1", "a=1|b=x", 0, 3},
    {"lists", "{\"FilterKey\":[\"a\",\"b\"],\"FilterRegex\":[\"1\",\"2\"]}", "a=1|b=2\na=1|b=3",
        "a=1|b=2", 0, 1},
    {"the lists are stronger",
        "{\"FilterKey\":[\"a\"],\"FilterRegex\":[\"1\"],\"Include\":{\"b\":\"1\"}}", "a=1\nb=1",
        "a=1", 0, 1},
    {"a condition", "{\"ConditionExp\":" COND("a", "1.") "}", "a=12\na=1\nb=12", "a=12", 0, 2},
    {"and", "{\"ConditionExp\":" OP("and", COND("a", "1") "," COND("b", "2")) "}",
        "a=1|b=2\na=1\nb=2", "a=1|b=2", 0, 2},
    {"or", "{\"ConditionExp\":" OP("OR", COND("a", "1") "," COND("b", "2")) "}",
        "a=1|b=3\nb=2\na=2", "a=1|b=3\nb=2", 0, 1},
    {"not", "{\"ConditionExp\":" OP("not", COND("a", "1")) "}", "a=1\na=2\nb=1", "a=2\nb=1", 0, 1},
    {"nested",
        "{\"ConditionExp\":" OP(
            "and", COND("a", "1") "," OP("not", OP("or", COND("b", "1") "," COND("b", "2")))) "}",
        "a=1|b=1\na=1|b=2\na=1|b=3", "a=1|b=3", 0, 2},
    {"DiscardingNonUTF8", "{\"DiscardingNonUTF8\":true}", "a\377=x\303\244\300y\303|b=ok\na=1",
        "a =x\303\244 y |b=ok\na=1", 0, 0},
};

START_TEST(regex_row)
{
    processing_check_many("processor_parse_regex_native", &regex[_i]);
}
END_TEST

START_TEST(json_row)
{
    processing_check_many("processor_parse_json_native", &json[_i]);
}
END_TEST

START_TEST(delimiter_row)
{
    processing_check_many("processor_parse_delimiter_native", &delimiter[_i]);
}
END_TEST

START_TEST(desensitize_row)
{
    processing_check_many("processor_desensitize_native", &desensitize[_i]);
}
END_TEST

START_TEST(filter_row)
{
    processing_check_many("processor_filter_regex_native", &filter[_i]);
}
END_TEST

static const struct {
    const char *type, *options, *why;
} refused[] = {
    {"processor_parse_regex_native", "{" RE("(", "\"x\"") "}",
        "\"(\" does not do for 'Regex' of processor_parse_regex_native"},
    {"processor_parse_delimiter_native", "{" DL("abcde", AB) "}",
        "Separator has more than four bytes"},
    {"processor_parse_delimiter_native", "{" DL(",", AB) ",\"Quote\":\"ab\"}",
        "Quote is not one byte"},
    {"processor_parse_delimiter_native", "{" DL(",,", AB) ",\"Quote\":\"'\"}",
        "Quote has a meaning only with a Separator of one byte"},
    {"processor_desensitize_native",
        "{\"SourceKey\":\"s\",\"Method\":\"md5\",\"ContentPatternBeforeReplacedString\":\"?:pw=\","
        "\"ReplacedContentPattern\":\"1\"}",
        "\"?:pw=\" does not do for 'ContentPatternBeforeReplacedString' of "
        "processor_desensitize_native"},
    {"processor_desensitize_native", "{" DS("const", "") "}",
        "ReplacingString is missing: with Method const it is what a secret becomes"},
    {"processor_filter_regex_native", "{\"FilterKey\":[\"a\"]}",
        "FilterKey has 1 keys and FilterRegex has 0 expressions"},
    {"processor_filter_regex_native", "{\"Include\":{\"a\":\"(\"}}",
        "\"(\" does not do for 'Include' of processor_filter_regex_native"},
    {"processor_filter_regex_native", "{\"ConditionExp\":[]}",
        "ConditionExp and its operands are objects"},
    {"processor_filter_regex_native",
        "{\"ConditionExp\":" OP("not", COND("a", "1") "," COND("a", "1")) "}",
        "ConditionExp: \"not\" with 2 operands; and, or have two, not has one"},
    {"processor_filter_regex_native", "{\"ConditionExp\":" OP("xor", COND("a", "1")) "}",
        "ConditionExp: \"xor\" with 1 operands; and, or have two, not has one"},
    {"processor_filter_regex_native", "{\"ConditionExp\":{\"key\":\"a\"}}",
        "ConditionExp: {\"key\":\"a\"} is neither a key, an exp and the type regex, nor an "
        "operator and its "
        "operands"},
    {"processor_filter_regex_native", "{\"ConditionExp\":" COND("a", "(") "}",
        "ConditionExp of a, character 1: missing closing parenthesis"},
};

START_TEST(refused_row)
{
    ck_assert(!processing_create_json(refused[_i].type, refused[_i].options));
    ck_assert_str_eq(test.why, refused[_i].why);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("native");

    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, regex_row, 0, ARRAY_SIZE(regex));
    tcase_add_loop_test(tests, json_row, 0, ARRAY_SIZE(json));
    tcase_add_loop_test(tests, delimiter_row, 0, ARRAY_SIZE(delimiter));
    tcase_add_loop_test(tests, desensitize_row, 0, ARRAY_SIZE(desensitize));
    tcase_add_loop_test(tests, filter_row, 0, ARRAY_SIZE(filter));
    tcase_add_loop_test(tests, refused_row, 0, ARRAY_SIZE(refused));
    return unit_run(tests);
}
