/* Processors that make new text of a field: md5, base64, packjson, string_replace,
 * desensitize, appender. Rows: one log in, the same log out. */
#include "base/log.h"
#include "base/source_ip.h"
#include "process/processing.h"

#define YES(NAME) \
    { \
        NAME, "true" \
    }
#define NO(NAME) \
    { \
        NAME, "false" \
    }
#define SOURCE \
    { \
        "SourceKey", "s" \
    }

/* Digests and codes as md5sum(1) and base64(1) give them. */
static const struct processing_row md5[] = {
    {"a digest", {SOURCE, {"MD5Key", "m"}}, "s=hello|a=1",
        "s=hello|a=1|m=5d41402abc4b2a76b9719d911017c592", 0},
    {"of nothing", {SOURCE, {"MD5Key", "m"}}, "s=", "s=|m=d41d8cd98f00b204e9800998ecf8427e", 0},
    {"no such key", {SOURCE, {"MD5Key", "m"}}, "a=1", "a=1", 0},
    {"no such key is an error", {SOURCE, {"MD5Key", "m"}, YES("NoKeyError")}, "a=1", "a=1", 1},
};

#define NEW \
    { \
        "NewKey", "n" \
    }

static const struct processing_row encoding[] = {
    {"three bytes", {SOURCE, NEW}, "s=abc", "s=abc|n=YWJj", 0},
    {"two", {SOURCE, NEW}, "s=ab", "s=ab|n=YWI=", 0},
    {"one", {SOURCE, NEW}, "s=a", "s=a|n=YQ==", 0},
    {"none", {SOURCE, NEW}, "s=", "s=|n=", 0},
    {"all letters", {SOURCE, NEW}, "s=\377\376\375", "s=\377\376\375|n=//79", 0},
    {"no such key is an error", {SOURCE, NEW, YES("NoKeyError")}, "a=1", "a=1", 1},
};

static const struct processing_row decoding[] = {
    {"three bytes", {SOURCE, NEW}, "s=YWJj", "s=YWJj|n=abc", 0},
    {"two", {SOURCE, NEW}, "s=YWI=", "s=YWI=|n=ab", 0},
    {"one", {SOURCE, NEW}, "s=YQ==", "s=YQ==|n=a", 0},
    {"none", {SOURCE, NEW}, "s=", "s=|n=", 0},
    {"newlines in it", {SOURCE, NEW}, "s=YW\r\nJj\n", "s=YW\r\nJj\n|n=abc", 0},
    {"bad letter", {SOURCE, NEW}, "s=YW-j", "s=YW-j", 1},
    {"no padding", {SOURCE, NEW}, "s=YWI", "s=YWI", 1},
    {"too much padding", {SOURCE, NEW}, "s=Y===", "s=Y===", 1},
    {"padding in the middle", {SOURCE, NEW}, "s=YQ==YQ==", "s=YQ==YQ==", 1},
    {"a letter behind padding", {SOURCE, NEW}, "s=YQ=a", "s=YQ=a", 1},
    {"only padding", {SOURCE, NEW}, "s=====", "s=====", 1},
};

#define PACK \
    {"SourceKeys", "b|a"}, \
    { \
        "DestKey", "d" \
    }

static const struct processing_row packjson[] = {
    {"keys are sorted", {PACK}, "b=2|a=1|c=3", "b=2|a=1|c=3|d={\"a\":\"1\",\"b\":\"2\"}", 0},
    {"the source goes", {PACK, NO("KeepSource")}, "b=2|a=1|c=3|a=4",
        "c=3|d={\"a\":\"1\",\"b\":\"2\"}", 0},
    {"of equal keys the first", {PACK}, "a=1|a=2|b=3", "a=1|a=2|b=3|d={\"a\":\"1\",\"b\":\"3\"}",
        0},
    {"one is missing", {PACK}, "a=1", "a=1|d={\"a\":\"1\"}", 1},
    {"one is missing, and that is fine", {PACK, NO("AlarmIfIncomplete")}, "a=1",
        "a=1|d={\"a\":\"1\"}", 0},
    {"all are", {PACK, NO("AlarmIfIncomplete")}, "x=1", "x=1|d={}", 0},
    {"an empty value", {PACK}, "a=|b=", "a=|b=|d={\"a\":\"\",\"b\":\"\"}", 0},
    {"escapes, as upstream's", {{"SourceKeys", "a"}, {"DestKey", "d"}}, "a=\"\\\n\t<\377",
        "a=\"\\\n\t<\377|d={\"a\":\"\\\"\\\\\\n\\t\\u003c\\ufffd\"}", 0},
    {"the same key twice in the options", {{"SourceKeys", "a|a"}, {"DestKey", "d"}}, "a=1",
        "a=1|d={\"a\":\"1\"}", 0},
};

#define CONST(MATCH, WITH) \
    SOURCE, {"Method", "const"}, {"Match", MATCH}, \
    { \
        "ReplaceString", WITH \
    }
#define REGEX(MATCH, WITH) \
    SOURCE, {"Method", "regex"}, {"Match", MATCH}, \
    { \
        "ReplaceString", WITH \
    }
#define UNQUOTE \
    SOURCE, \
    { \
        "Method", "unquote" \
    }

static const struct processing_row replace[] = {
    {"const, in all places", {CONST("ab", "x")}, "s=abcabab|a=ab", "s=xcxx|a=ab", 0},
    {"const, not there", {CONST("ab", "x")}, "s=a b", "s=a b", 0},
    {"const, by nothing", {CONST("a", "")}, "s=banana", "s=bnn", 0},
    {"const knows no references", {CONST(".", "$1")}, "s=a.b", "s=a$1b", 0},
    {"every occurrence of the key", {CONST("a", "b")}, "s=a|s=aa", "s=b|s=bb", 0},
    {"to another field", {CONST("a", "b"), {"DestKey", "d"}}, "s=a|s=c", "s=a|s=c|d=b|d=c", 0},
    {"regex, in all places", {REGEX("\\d+", "#")}, "s=a1b22c", "s=a#b#c", 0},
    {"groups", {REGEX("(\\w+)@(\\w+)", "$2 at $1")}, "s=a@b, c@d", "s=b at a, d at c", 0},
    {"groups in braces", {REGEX("(a)(b)", "${2}1${1}")}, "s=ab", "s=b1a", 0},
    {"groups by name", {REGEX("(?P<user>\\w+)@(?<host>\\w+)", "${host}/${user}")}, "s=a@b", "s=b/a",
        0},
    {"the whole match", {REGEX("b+", "<$&$0>")}, "s=abbc", "s=a<bbbb>c", 0},
    {"dollars", {REGEX("b", "$$1$")}, "s=abc", "s=a$1$c", 0},
    {"groups that are not there stay text", {REGEX("b", "$7${x}")}, "s=abc", "s=a$7${x}c", 0},
    {"a group that took no part is empty", {REGEX("a(x)?", "[$1]")}, "s=ab", "s=[]b", 0},
    {"empty matches", {REGEX("x*", "-")}, "s=axb", "s=-a--b-", 0},
    {"empty matches between characters", {REGEX("", "-")}, "s=\303\244b", "s=-\303\244-b-", 0},
    {"and between bytes that are none", {REGEX("", "-")}, "s=\377b", "s=-\377-b-", 0},
    {"anchors hold once", {REGEX("^a", "x")}, "s=aaa", "s=xaa", 0},
    {"look-behind sees what was replaced", {REGEX("(?<=a)a", "x")}, "s=aaa", "s=axx", 0},
    {"a dot is no newline", {REGEX("a.", "x")}, "s=a\nab", "s=a\nx", 0},
    {"characters", {REGEX("[\303\240-\303\277]", "x")}, "s=a\303\244\303\266", "s=axx", 0},
    {"unquote", {UNQUOTE}, "s=a\\tb\\x41\\101\\u00e4\\U0001F600\\\\\\\"",
        "s=a\tbAA\303\244\360\237\230\200\\\"", 0},
    {"in quotes", {UNQUOTE}, "s=\"a\\nb\"", "s=a\nb", 0},
    {"a quote in quotes", {UNQUOTE}, "s=\"a\"b\"", "s=\"a\"b\"", 1},
    {"a plain quote", {UNQUOTE}, "s=a\"b", "s=a\"b", 0},
    {"a wrong escape", {UNQUOTE}, "s=a\\qb", "s=a\\qb", 1},
    {"an escape that is cut", {UNQUOTE}, "s=a\\u00", "s=a\\u00", 1},
    {"a surrogate", {UNQUOTE}, "s=\\ud800", "s=\\ud800", 1},
    {"too large an octal", {UNQUOTE}, "s=\\777", "s=\\777", 1},
    {"a backslash at the end", {UNQUOTE}, "s=a\\", "s=a\\", 1},
    {"only a quote", {UNQUOTE}, "s=\"", "s=\"", 1},
    {"nothing", {UNQUOTE}, "s=", "s=", 0},
    {"what fails goes unchanged to another field", {UNQUOTE, {"DestKey", "d"}}, "s=\\q",
        "s=\\q|d=\\q", 1},
    {"no such key", {CONST("a", "b")}, "a=1", "a=1", 0},
};

#define PARTS \
    {"Match", "regex"}, {"RegexBegin", "pwd="}, \
    { \
        "RegexContent", "[^,]+" \
    }
#define STARS \
    { \
        "ReplaceString", "***" \
    }

static const struct processing_row desensitize[] = {
    {"all of it", {SOURCE, STARS}, "s=secret|a=secret", "s=***|a=secret", 0},
    {"all of it, by its digest", {SOURCE, {"Method", "md5"}}, "s=hello",
        "s=5d41402abc4b2a76b9719d911017c592", 0},
    {"only the first of a log", {SOURCE, STARS}, "s=1|s=2", "s=***|s=2", 0},
    {"parts", {SOURCE, STARS, PARTS}, "s=pwd=1,b=2,pwd=345,c", "s=pwd=***,b=2,pwd=***,c", 0},
    {"parts by their digests", {SOURCE, {"Method", "md5"}, PARTS}, "s=pwd=hello,x",
        "s=pwd=5d41402abc4b2a76b9719d911017c592,x", 0},
    {"no part", {SOURCE, STARS, PARTS}, "s=user=1", "s=user=1", 0},
    {"nothing behind what stands before", {SOURCE, STARS, PARTS}, "s=a,pwd=", "s=a,pwd=", 0},
    {"a secret further on is the one that goes",
        {SOURCE, STARS, {"Match", "regex"}, {"RegexBegin", "card"}, {"RegexContent", "\\d+"}},
        "s=card no 12, card no 34", "s=card no ***, card no ***", 0},
    {"characters",
        {SOURCE, STARS, {"Match", "regex"}, {"RegexBegin", "\303\244"}, {"RegexContent", "."}},
        "s=x\303\244\303\266y", "s=x\303\244***y", 0},
    {"no such key", {SOURCE, STARS}, "a=1", "a=1", 0},
};

#define APPEND(VALUE) \
    {"Key", "k"}, \
    { \
        "Value", VALUE \
    }

static const struct processing_row appender[] = {
    {"to a field that is there", {APPEND("|c#$#3")}, "k=a#$#1|x=0", "k=a#$#1|c#$#3|x=0", 0},
    {"to one that is not", {APPEND("v")}, "a=1", "a=1|k=v", 0},
    {"to an empty one", {APPEND("v")}, "k=", "k=v", 0},
    {"only to the first", {APPEND("v")}, "k=1|k=2", "k=1v|k=2", 0},
    {"the environment", {APPEND("<{{$WEIR_TEST_SET}}{{$WEIR_TEST_UNSET}}>")}, "a=1", "a=1|k=<set>",
        0},
    {"other braces", {APPEND("{{x}}{{}}{y}{{z}")}, "a=1", "a=1|k=x{{}}{y}{{z}", 0},
};

START_TEST(md5_row)
{
    processing_check("processor_md5", &md5[_i]);
}
END_TEST

START_TEST(encoding_row)
{
    processing_check("processor_base64_encoding", &encoding[_i]);
}
END_TEST

START_TEST(decoding_row)
{
    processing_check("processor_base64_decoding", &decoding[_i]);
}
END_TEST

START_TEST(packjson_row)
{
    processing_check("processor_packjson", &packjson[_i]);
}
END_TEST

/* The sample is of the log that failed, not of those behind it. */
START_TEST(packjson_tells_of_the_right_log)
{
    FILE *file = tmpfile();
    char line[1000] = "";

    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(dup2(fileno(file), STDERR_FILENO), STDERR_FILENO);
    log_setup(LOG_LEVEL_WARN, LOG_FORMAT_PLAIN);
    ck_assert(processing_create_json(
        "processor_packjson", "{\"SourceKeys\":[\"a\",\"b\"],\"DestKey\":\"d\"}"));
    processing_add("a=first");
    processing_add("a=other|b=2");
    processing_run();
    rewind(file);
    ck_assert_ptr_nonnull(fgets(line, sizeof line, file));
    fclose(file);
    ck_assert_msg(strstr(line, "sample=\"{\\\"a\\\":\\\"first\\\"}\"") != NULL, "%s", line);
}
END_TEST

START_TEST(replace_row)
{
    processing_check("processor_string_replace", &replace[_i]);
}
END_TEST

START_TEST(desensitize_row)
{
    processing_check("processor_desensitize", &desensitize[_i]);
}
END_TEST

START_TEST(appender_row)
{
    setenv("WEIR_TEST_SET", "set", 1);
    unsetenv("WEIR_TEST_UNSET");
    processing_check("processor_appender", &appender[_i]);
}
END_TEST

/* '/' stands for '|', which separates fields in rows. */
static const struct {
    const char *in, *out;
} labels[] = {
    {"c#$#3/a#$#1/b#$#2", "a#$#1/b#$#2/c#$#3/z#$#9"},
    {"b#$#2/a#$#1/b#$#1", "a#$#1/b#$#2/b#$#1/z#$#9"},
    {"x/b#$#1", "b#$#1/z#$#9"},
    {"b#$#x#$#y", "b#$#x#$#y/z#$#9"},
};

START_TEST(labels_are_sorted)
{
    char text[100];

    ck_assert(processing_create_json(
        "processor_appender", "{\"Key\":\"k\",\"Value\":\"|z#$#9\",\"SortLabels\":true}"));
    snprintf(text, sizeof text, "%s", labels[_i].in);
    for (char *at = text; *at; at++)
        *at = *at == '/' ? '|' : *at;
    processing_add_bytes("k", text, strlen(text));
    processing_run();
    snprintf(text, sizeof text, "%s", processing_show(0));
    for (char *at = text; *at; at++)
        *at = *at == '|' ? '/' : *at;
    ck_assert_str_eq(text + 2, labels[_i].out);
}
END_TEST

START_TEST(the_machine)
{
    char address[SOURCE_IP_MAX], host[256] = "", expected[400];

    source_ip_find(address);
    gethostname(host, sizeof host - 1);
    snprintf(expected, sizeof expected, "k=%s@%s", host, address);
    ck_assert(processing_create_json(
        "processor_appender", "{\"Key\":\"k\",\"Value\":\"{{__host__}}@{{__ip__}}\"}"));
    processing_add("");
    processing_run();
    ck_assert_str_eq(processing_show(0), expected);
}
END_TEST

static const struct {
    const char *type, *options, *why;
} refused[] = {
    {"processor_string_replace", "{\"SourceKey\":\"s\",\"Method\":\"const\"}",
        "Match is empty: with Method const it says what to replace"},
    {"processor_string_replace", "{\"SourceKey\":\"s\",\"Method\":\"regex\",\"Match\":\"(\"}",
        "Match, character 1: missing closing parenthesis"},
    {"processor_string_replace",
        "{\"SourceKey\":\"s\",\"Method\":\"regex\",\"Match\":\"a\",\"ReplaceString\":\"x$$`$`\"}",
        "ReplaceString: $` is not supported; write $$ for a dollar"},
    {"processor_string_replace", "{\"SourceKey\":\"s\"}",
        "'Method' of processor_string_replace is required"},
    {"processor_desensitize", "{\"SourceKey\":\"s\"}",
        "ReplaceString is missing: with Method const it is what a secret becomes"},
    {"processor_desensitize", "{\"SourceKey\":\"s\",\"Method\":\"md5\",\"Match\":\"regex\"}",
        "RegexBegin or RegexContent is missing: Match regex needs both"},
    {"processor_desensitize",
        "{\"SourceKey\":\"s\",\"Method\":\"md5\",\"Match\":\"regex\",\"RegexBegin\":\"a\","
        "\"RegexContent\":\"(\"}",
        "RegexContent, character 1: missing closing parenthesis"},
};

START_TEST(refused_row)
{
    ck_assert(!processing_create_json(refused[_i].type, refused[_i].options));
    ck_assert_msg(strstr(test.why, refused[_i].why) != NULL, "%s", test.why);
}
END_TEST

/* Every start is a match that takes long to find out that it is none. */
static const char *const hostile[] = {
    "{\"SourceKey\":\"s\",\"Method\":\"regex\",\"Match\":\"(a+a+)+y|x\",\"ReplaceString\":\"$&\"}",
    "{\"SourceKey\":\"s\",\"Method\":\"regex\",\"Match\":\"a*?\",\"ReplaceString\":\"$&\"}",
    "{\"SourceKey\":\"s\",\"Method\":\"regex\",\"Match\":\"a(?=.*y)|a\",\"ReplaceString\":\"b\"}",
};

START_TEST(a_hostile_value_costs_a_counter)
{
    enum { SIZE = 1 << 20 };
    char *text = malloc(SIZE);
    struct timespec start, end;

    memset(text, 'a', SIZE);
    ck_assert_msg(processing_create_json("processor_string_replace", hostile[_i]), "%s", test.why);
    for (int i = 0; i < 4; i++)
        processing_add_bytes("s", text, SIZE);
    free(text);
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &start);
    processing_run();
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &end);
    ck_assert_int_lt(end.tv_sec - start.tv_sec, 3);
    for (uint32_t i = 0; i < 4; i++)
        ck_assert_uint_eq(test.batch->logs[i].contents[0].value.size, SIZE);
}
END_TEST

START_TEST(a_value_that_would_grow_without_end_stays)
{
    enum { SIZE = 64 << 10 };
    static const char *const methods[] = {"const", "regex"};
    char *text = malloc(SIZE), *with = malloc(1025);

    memset(text, 'a', SIZE);
    memset(with, 'b', 1024);
    with[1024] = 0;
    {
        const struct given given[] = {
            SOURCE, {"Method", methods[_i]}, {"Match", "a"}, {"ReplaceString", with}, {0}};

        ck_assert(processing_create("processor_string_replace", given));
    }
    processing_add_bytes("s", text, SIZE);
    processing_run();
    ck_assert_uint_eq(test.batch->logs[0].contents[0].value.size, SIZE);
    ck_assert_uint_eq(test.processor->n_failed, 1);
    free(text);
    free(with);
}
END_TEST

START_TEST(a_secret_that_cannot_be_found_in_time_goes_with_all)
{
    static const struct given given[] = {SOURCE, STARS, {"Match", "regex"},
        {"RegexBegin", "^(([a-z])+.)+[A-Z]([a-z])+$"}, {"RegexContent", "."}, {0}};

    ck_assert(processing_create("processor_desensitize", given));
    processing_add("s=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    processing_run();
    ck_assert_str_eq(processing_show(0), "s=***");
    ck_assert_uint_eq(test.processor->n_failed, 1);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("text");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, md5_row, 0, ARRAY_SIZE(md5));
    tcase_add_loop_test(tests, encoding_row, 0, ARRAY_SIZE(encoding));
    tcase_add_loop_test(tests, decoding_row, 0, ARRAY_SIZE(decoding));
    tcase_add_loop_test(tests, packjson_row, 0, ARRAY_SIZE(packjson));
    tcase_add_test(tests, packjson_tells_of_the_right_log);
    tcase_add_loop_test(tests, replace_row, 0, ARRAY_SIZE(replace));
    tcase_add_loop_test(tests, desensitize_row, 0, ARRAY_SIZE(desensitize));
    tcase_add_loop_test(tests, appender_row, 0, ARRAY_SIZE(appender));
    tcase_add_loop_test(tests, labels_are_sorted, 0, ARRAY_SIZE(labels));
    tcase_add_test(tests, the_machine);
    tcase_add_loop_test(tests, refused_row, 0, ARRAY_SIZE(refused));
    tcase_add_loop_test(tests, a_hostile_value_costs_a_counter, 0, ARRAY_SIZE(hostile));
    tcase_add_loop_test(tests, a_value_that_would_grow_without_end_stays, 0, 2);
    tcase_add_test(tests, a_secret_that_cannot_be_found_in_time_goes_with_all);
    return unit_run(tests);
}
