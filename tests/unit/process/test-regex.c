/* processor_regex and base/pattern: upstream's meaning, and bounded in time. */
#include <time.h>
#include "base/mem.h"
#include "base/pattern.h"
#include "process/processing.h"

#define GIVE_REGEX(REGEX, KEYS) \
    {"Regex", REGEX}, \
    { \
        "Keys", KEYS \
    }

static const struct processing_row rows[] = {
    {"the source goes, the groups come", {GIVE_REGEX("(\\d+) (\\w+)", "n|w")}, "content=12 abc|x=1",
        "x=1|n=12|w=abc", 0},
    {"empty SourceKey: the first field", {GIVE_REGEX("(.*)", "a")}, "x=1|content=2",
        "content=2|a=1", 0},
    {"SourceKey", {GIVE_REGEX("(.*)", "a"), {"SourceKey", "content"}}, "x=1|content=2", "x=1|a=2",
        0},
    {"of equal keys the first", {GIVE_REGEX("(.*)", "a"), {"SourceKey", "c"}}, "c=1|c=2", "c=2|a=1",
        0},
    {"KeepSource", {GIVE_REGEX("(.*)", "a"), {"KeepSource", "true"}}, "c=1", "c=1|a=1", 0},
    {"not anchored", {GIVE_REGEX("(\\d+)", "a")}, "c=ab12cd", "a=12", 0},
    {"FullMatch, bytes before", {GIVE_REGEX("(\\d+)", "a"), {"FullMatch", "true"}}, "c=a1", "c=a1",
        1},
    {"FullMatch, bytes behind", {GIVE_REGEX("(\\d+)", "a"), {"FullMatch", "true"}}, "c=1a", "c=1a",
        1},
    {"FullMatch, all", {GIVE_REGEX("(\\d+)", "a"), {"FullMatch", "true"}}, "c=123", "a=123", 0},
    {"FullMatch is of the leftmost match, as upstream", /* not of any match */
        {GIVE_REGEX("(a|ab)", "a"), {"FullMatch", "true"}}, "c=ab", "c=ab", 1},
    {"no match keeps the source", {GIVE_REGEX("(\\d+)", "a")}, "c=x|y=1", "c=x|y=1", 1},
    {"unless told not to", {GIVE_REGEX("(\\d+)", "a"), {"KeepSourceIfParseError", "false"}},
        "c=x|y=1", "y=1", 1},
    {"KeepSource is stronger",
        {GIVE_REGEX("(\\d+)", "a"), {"KeepSourceIfParseError", "false"}, {"KeepSource", "true"}},
        "c=x", "c=x", 1},
    {"NoMatchError false still counts", {GIVE_REGEX("(\\d+)", "a"), {"NoMatchError", "false"}},
        "c=x", "c=x", 1},
    {"no such key", {GIVE_REGEX("(.*)", "a"), {"SourceKey", "s"}}, "c=x", "c=x", 0},
    {"no such key is an error",
        {GIVE_REGEX("(.*)", "a"), {"SourceKey", "s"}, {"NoKeyError", "true"}}, "c=x", "c=x", 1},
    {"a log without fields", {GIVE_REGEX("(.*)", "a")}, "", "", 0},
    {"fewer groups than keys", {GIVE_REGEX("(a)(b)", "x|y|z")}, "c=ab", "c=ab", 1},
    {"more groups than keys", {GIVE_REGEX("(a)(b)", "x")}, "c=ab", "x=a", 0},
    {"an optional group that took no part", {GIVE_REGEX("(a)(x)?(b)", "1|2|3")}, "c=ab", "1=a|3=b",
        0},
    {"the last group took no part", {GIVE_REGEX("(a)(x)?", "1|2")}, "c=ab", "1=a", 0},
    {"an empty group is a field", {GIVE_REGEX("(a)(x*)", "1|2")}, "c=ab", "1=a|2=", 0},
    {"an empty text", {GIVE_REGEX("(.*)", "1")}, "c=", "1=", 0},
    {"named groups", {GIVE_REGEX("(?P<n>\\d+)-(?<m>\\d+)", "a|b")}, "c=1-2", "a=1|b=2", 0},
    {"a dot matches a newline", {GIVE_REGEX("a(.*)c", "x")}, "c=a\nb\nc", "x=\nb\n", 0},
    {"$ is the very end", {GIVE_REGEX("(a)$", "x")}, "c=a\n", "c=a\n", 1},
    {"classes are ASCII", {GIVE_REGEX("(\\w+)", "x")}, "c=ab\303\244", "x=ab", 0},
    {"a dot is a character", {GIVE_REGEX("^(.)(.*)$", "x|y")}, "c=\303\244b", "x=\303\244|y=b", 0},
    {"but a byte where there is none", {GIVE_REGEX("^(.)(.*)$", "x|y")}, "c=\377b", "x=\377|y=b",
        0},
    {"classes of other characters", {GIVE_REGEX("([\303\240-\303\277]+)", "x")},
        "c=ab\303\244\303\266", "x=\303\244\303\266", 0},
    {"\\S is any other character, too", {GIVE_REGEX("^\303\244(\\S+)", "x")},
        "c=\303\244a\303\244b c", "x=a\303\244b", 0},
    {"also in text that is none", {GIVE_REGEX("\303\244(\\S+)", "x")}, "c=\377\303\244a\303\244b c",
        "x=a\303\244b", 0},
    {"the same key twice", {GIVE_REGEX("(.)(.)", "k|k")}, "c=ab", "k=a|k=b", 0},
    {"the key of the source", {GIVE_REGEX("(.)", "c")}, "c=ab", "c=a", 0},
    {"lazy", {GIVE_REGEX("<(.*?)>", "x")}, "c=<a><b>", "x=a", 0},
    {"alternatives", {GIVE_REGEX("(cat|category)", "x")}, "c=category", "x=cat", 0},
    {"Unicode classes", {GIVE_REGEX("^(\\pL+)(.*)", "x|y")}, "c=b\303\2441", "x=b\303\244|y=1", 0},
    {"characters by number", {GIVE_REGEX("(\\x{20ac}|\\x41)", "x")}, "c=a\342\202\254",
        "x=\342\202\254", 0},
    {"counted characters", {GIVE_REGEX("^(.{2})(.*)$", "x|y")}, "c=\303\244bc", "x=\303\244b|y=c",
        0},
    {"letter case", {GIVE_REGEX("(?i)^(GET|\\w+)", "x")}, "c=get", "x=get", 0},
    {"lines", {GIVE_REGEX("(?m)^b(.*?)$", "x")}, "c=a\nbcd\ne", "x=cd", 0},
    {"what RE2 has not", {GIVE_REGEX("(a)(?=b)", "x")}, "c=ab", "x=a", 0},
};

START_TEST(regex_row)
{
    processing_check("processor_regex", &rows[_i]);
}
END_TEST

START_TEST(any_byte_may_occur)
{
    static const struct given given[] = {GIVE_REGEX("^([^ ]*) (.*)$", "a|b"), {0}};
    static const char text[] = "x\0y z\0\377\n";
    const struct weir_log *log;

    ck_assert(processing_create("processor_regex", given));
    processing_add_bytes("c", text, sizeof text - 1);
    processing_run();
    log = &test.batch->logs[0];
    ck_assert_uint_eq(log->n_contents, 2);
    ck_assert_uint_eq(log->contents[0].value.size, 3);
    ck_assert_mem_eq(log->contents[0].value.data, "x\0y", 3);
    ck_assert_mem_eq(log->contents[1].value.data, "z\0\377\n", 4);
}
END_TEST

START_TEST(values_are_slices)
{
    static const struct given given[] = {GIVE_REGEX("(.)(.*)", "a|b"), {0}};
    const char *source;

    ck_assert(processing_create("processor_regex", given));
    processing_add("c=abc");
    source = test.batch->logs[0].contents[0].value.data;
    processing_run();
    ck_assert_ptr_eq(test.batch->logs[0].contents[1].value.data, source + 1);
}
END_TEST

START_TEST(a_linear_expression_matches_lines_of_any_length)
{
    static const struct given given[] = {GIVE_REGEX("^(.+?)(?: (\\w+))?=(.*)$", "a|b|c"), {0}};
    enum { SIZE = 2 << 20 };
    char *text = mem_zalloc(SIZE);

    ck_assert(processing_create("processor_regex", given));
    memset(text, 'x', SIZE);
    memcpy(text + SIZE - 4, " y=z", 4);
    processing_add_bytes("c", text, SIZE);
    free(text);
    processing_run();
    ck_assert_uint_eq(test.processor->n_failed, 0);
    ck_assert_uint_eq(test.batch->logs[0].n_contents, 3);
}
END_TEST

START_TEST(a_wrong_expression_is_refused_with_its_place)
{
    static const struct given given[] = {GIVE_REGEX("(a", "a"), {0}};

    ck_assert(!processing_create("processor_regex", given));
    ck_assert_ptr_nonnull(strstr(test.why, "character 2"));
}
END_TEST

static double cpu_s(void)
{
    return (double)clock() / CLOCKS_PER_SEC;
}

/* Expressions on which backtracking explodes, and lines that make them. */
static const struct {
    const char *regex;
    const char *head;
    char fill;
    const char *tail;
} hostile[] = {
    {"^(a+)+$", "", 'a', "b"},
    {"^(a|a)*$", "", 'a', "b"},
    {"^(a|aa)+$", "", 'a', "b"},
    {"z?(x+x+)+y", "y", 'x', ""},
    {"^(.*)(.*)(.*)(.*)(.*)(.*)=$", "=", 'x', ""},
    {"^.*.*.*.*.*.*(=)$", "=", 'x', ""},
    {"(.*?,){11}P", "P", ',', ""},
    {"^[=a-z]*[a-z]*[a-z]*[a-z]*[a-z]*(=)$", "=", 'x', ""},
    {"(?:.*a){12}(b)$", "b", 'a', ""},
    {"((?:a*)*)*b", "b", 'a', ""},
    {"(a*)b?a*b?a*b?a*b?a*b?a*c$", "c", 'a', ""},
    {"^(([a-z])+.)+[A-Z]([a-z])+$", "", 'a', ""},
    {"^(\\S+ ?)*$", "", 'x', "\001 \n\n"},
    {"(a?){64}a{64}b$", "b", 'a', ""},
    {"^((((((((((a+)+)+)+)+)+)+)+)+)+)+$", "", 'a', "!"},
    {"^(?:(\\w+)|(\\w+\\w+))+$", "", 'w', "-"},
};

static void make_hostile(char *text, size_t fill, int i)
{
    size_t head = strlen(hostile[i].head);

    memcpy(text, hostile[i].head, head);
    memset(text + head, hostile[i].fill, fill);
    memcpy(text + head + fill, hostile[i].tail, strlen(hostile[i].tail) + 1);
}

START_TEST(a_hostile_pattern_costs_a_counter)
{
    struct given given[] = {GIVE_REGEX(hostile[_i].regex, "x"), {0}};
    enum { N_LOGS = 2700, FILL = 300 };
    char text[FILL + 8];
    double before;

    ck_assert_msg(processing_create("processor_regex", given), "%s", test.why);
    make_hostile(text, FILL, _i);
    for (int i = 0; i < N_LOGS; i++)
        processing_add_bytes("c", text, strlen(text));
    before = cpu_s();
    processing_run();
    ck_assert_msg(cpu_s() - before < 2.0, "%s: %.2f s", hostile[_i].regex, cpu_s() - before);
    ck_assert_uint_eq(test.batch->n_logs, N_LOGS);
}
END_TEST

START_TEST(a_long_hostile_line_costs_a_counter)
{
    struct given given[] = {GIVE_REGEX(hostile[_i].regex, "x"), {0}};
    enum { FILL = 512 * 1024 };
    char *text = mem_zalloc(FILL + 8);
    double before;

    ck_assert_msg(processing_create("processor_regex", given), "%s", test.why);
    make_hostile(text, FILL, _i);
    processing_add_bytes("c", text, strlen(text));
    free(text);
    before = cpu_s();
    processing_run();
    ck_assert_msg(cpu_s() - before < 2.0, "%s: %.2f s", hostile[_i].regex, cpu_s() - before);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("regex");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, regex_row, 0, ARRAY_SIZE(rows));
    tcase_add_test(tests, any_byte_may_occur);
    tcase_add_test(tests, values_are_slices);
    tcase_add_test(tests, a_linear_expression_matches_lines_of_any_length);
    tcase_add_test(tests, a_wrong_expression_is_refused_with_its_place);
    tcase_add_loop_test(tests, a_hostile_pattern_costs_a_counter, 0, ARRAY_SIZE(hostile));
    tcase_add_loop_test(tests, a_long_hostile_line_costs_a_counter, 0, ARRAY_SIZE(hostile));
    return unit_run(tests);
}
