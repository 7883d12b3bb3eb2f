/* Whole matches, dots, and all matches of a text, against PCRE2 asked directly. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include "base/pattern.h"
#include "unit.h"

#define GROUPS_MAX 32

static unsigned below(unsigned limit)
{
    return (unsigned)random() % limit;
}

static size_t append(char *to, size_t size, const char *text)
{
    while (*text)
        to[size++] = *text++;
    return size;
}

static size_t make_regex(char regex[static 128])
{
    static const char *const pieces[] = {"a", "b", " ", ".", "\\d", "\\w", "[ab]", "[^a]", "a*",
        ".*", ".+?", ".*?", "\\S+", "\\d+", "(a)", "(.*)", "(\\S+)", "(?:a|ab)", "(a|ab|b)", "a?",
        "(b)?", "(?:ab)*", "\\b", "$", "^", "\n", "\303\244"};
    size_t size = 0;

    for (unsigned n = 1 + below(5); n > 0; n--)
        size = append(regex, size, pieces[below(ARRAY_SIZE(pieces))]);
    return size;
}

static size_t make_subject(char subject[static 64])
{
    static const char *const characters[] = {
        "a", "a", "b", "ab", " ", "1", "\n", "-", "a", "b", "\303\244", "\377"};
    unsigned kinds = 10 + below(3); /* often ASCII, sometimes UTF-8, sometimes neither */
    size_t size = 0;

    for (unsigned n = below(10); n > 0; n--)
        size = append(subject, size, characters[below(kinds)]);
    return size;
}

static bool is_utf8(const char *text, size_t size)
{
    return !memchr(text, '\377', size);
}

static bool is_ascii(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if ((unsigned char)text[i] >= 0x80)
            return false;
    return true;
}

static pcre2_code *compile(const char *regex, size_t size, bool whole, uint32_t options)
{
    char text[160];
    int error, n = snprintf(text, sizeof text, whole ? "^(?:%.*s)$" : "%.*s", (int)size, regex);
    size_t offset;

    return pcre2_compile(
        (PCRE2_SPTR)text, (size_t)n, PCRE2_DOLLAR_ENDONLY | options, &error, &offset, NULL);
}

/* What a pattern is asked: an expression that PCRE2 takes, under random flags. */
struct question {
    char regex[128], subject[64];
    struct weir_str text;
    unsigned flags;
    struct pattern *pattern;
    pcre2_code *code;
    pcre2_match_data *match;
};

static bool ask(struct question *question, bool whole)
{
    size_t size = make_regex(question->regex);
    bool ascii, utf;
    char why[PATTERN_WHY_MAX];
    uint32_t options;

    question->text = (struct weir_str){question->subject, make_subject(question->subject)};
    ascii = is_ascii(question->regex, size) && is_ascii(question->subject, question->text.size);
    utf = !ascii && is_utf8(question->subject, question->text.size);
    if (!ascii && !utf && !is_ascii(question->regex, size))
        return false; /* what such a text means is PCRE2's own affair */
    question->flags =
        (whole && below(2) ? PATTERN_WHOLE : 0) | (below(2) ? (unsigned)PATTERN_LINE_DOT : 0);
    options = (question->flags & PATTERN_LINE_DOT ? 0 : PCRE2_DOTALL) | (utf ? PCRE2_UTF : 0);
    question->code = compile(question->regex, size, question->flags & PATTERN_WHOLE, options);
    question->pattern =
        pattern_create((struct weir_str){question->regex, size}, question->flags, why, sizeof why);
    ck_assert_msg((question->code != NULL) == (question->pattern != NULL), "%.*s", (int)size,
        question->regex);
    question->match = pcre2_match_data_create(GROUPS_MAX, NULL);
    question->regex[size] = 0;
    return question->code;
}

static void finish(struct question *question)
{
    pattern_destroy(question->pattern);
    pcre2_code_free(question->code);
    pcre2_match_data_free(question->match);
}

static bool reference(const struct question *question, size_t from)
{
    return pcre2_match(question->code, (PCRE2_SPTR)question->text.data, question->text.size, from,
               0, question->match, NULL) > 0;
}

static void compare(const struct question *question, enum pattern_result result,
    const struct pattern_span *spans, bool expected)
{
    const PCRE2_SIZE *vector = pcre2_get_ovector_pointer(question->match);

    ck_assert_msg((result == PATTERN_MATCH) == expected, "'%s' on '%.*s', flags %u: %d",
        question->regex, (int)question->text.size, question->text.data, question->flags, result);
    for (uint32_t i = 0; expected && i <= pattern_n_groups(question->pattern); i++)
        ck_assert_msg(spans[i].start == vector[2 * i] && spans[i].end == vector[2 * i + 1],
            "'%s' on '%.*s', flags %u: group %u is %zu..%zu", question->regex,
            (int)question->text.size, question->text.data, question->flags, i, spans[i].start,
            spans[i].end);
}

START_TEST(one_match)
{
    unsigned n_matched = 0;

    srandom((unsigned)_i);
    for (int i = 0; i < 5000; i++) {
        struct question question = {0};
        const struct pattern_span *spans = NULL;
        enum pattern_result result;

        if (ask(&question, true)) {
            bool expected = reference(&question, 0);

            result = pattern_match(question.pattern, question.text, &spans);
            compare(&question, result, spans, expected);
            n_matched += expected;
        }
        finish(&question);
    }
    ck_assert_uint_gt(n_matched, 1000);
}
END_TEST

/* Bytes of the character at `at`. */
static size_t step(const struct question *question, size_t at)
{
    size_t end = at + 1;

    if (!is_utf8(question->text.data, question->text.size))
        return 1;
    while (end < question->text.size && ((unsigned char)question->text.data[end] & 0xC0) == 0x80)
        end++;
    return end - at;
}

START_TEST(all_matches)
{
    unsigned n_matched = 0;

    srandom((unsigned)_i + 100);
    for (int i = 0; i < 5000; i++) {
        struct question question = {0};
        const struct pattern_span *spans = NULL;
        struct pattern_scan scan;
        bool more = ask(&question, false);

        if (more)
            pattern_scan_init(&scan, question.pattern, question.text, NS_PER_S);
        for (size_t at = 0; more;) {
            const PCRE2_SIZE *vector = pcre2_get_ovector_pointer(question.match);
            bool expected = at <= question.text.size && reference(&question, at);

            enum pattern_result result = pattern_scan_next(&scan, &spans);

            compare(&question, result, spans, expected);
            n_matched += expected;
            more = expected;
            if (expected)
                at = vector[1] > vector[0] ? vector[1] : vector[1] + step(&question, vector[1]);
        }
        finish(&question);
    }
    ck_assert_uint_gt(n_matched, 2000);
}
END_TEST

START_TEST(groups_by_name)
{
    static const char regex[] = "(?<a>x)(y)(?P<b>z)|(?<a>w)";
    char why[PATTERN_WHY_MAX];
    struct pattern *pattern;

    ck_assert_ptr_null(
        pattern_create((struct weir_str){regex, sizeof regex - 1}, 0, why, sizeof why));
    pattern = pattern_create(
        (struct weir_str){regex, sizeof regex - 1}, PATTERN_DUPNAMES, why, sizeof why);
    ck_assert_ptr_nonnull(pattern);
    ck_assert_uint_eq(pattern_n_groups(pattern), 4);
    ck_assert_str_eq(pattern_group_name(pattern, 1), "a");
    ck_assert_ptr_null(pattern_group_name(pattern, 2));
    ck_assert_str_eq(pattern_group_name(pattern, 4), "a");
    ck_assert_uint_eq(pattern_group(pattern, (struct weir_str){"b", 1}), 3);
    ck_assert_uint_eq(pattern_group(pattern, (struct weir_str){"c", 1}), 0);
    pattern_destroy(pattern);
}
END_TEST

/* \K, where PCRE2 lets it through, puts the start of a match anywhere. */
static const char *const misplaced[] = {
    "(?(DEFINE)(?<x>b\\K))a(?=(?&x))",        /* behind the end */
    "(?(DEFINE)(?<x>\\Ka))(?:a|(?<=(?&x))b)", /* within the match before */
};

START_TEST(misplaced_matches_are_given_up)
{
    char why[PATTERN_WHY_MAX];
    struct pattern *pattern =
        pattern_create((struct weir_str){misplaced[_i], strlen(misplaced[_i])}, 0, why, sizeof why);
    const struct pattern_span *spans;
    enum pattern_result result;
    struct pattern_scan scan;
    size_t end = 0;

    ck_assert_msg(pattern != NULL, "%s", why);
    pattern_scan_init(&scan, pattern, (struct weir_str){"ab", 2}, NS_PER_S);
    while ((result = pattern_scan_next(&scan, &spans)) == PATTERN_MATCH) {
        ck_assert_uint_ge(spans[0].start, end);
        ck_assert_uint_ge(spans[0].end, spans[0].start);
        end = spans[0].end;
    }
    ck_assert_int_eq(result, PATTERN_TOO_HARD);
    ck_assert_int_eq(pattern_scan_next(&scan, &spans), PATTERN_NO_MATCH);
    pattern_destroy(pattern);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pattern");

    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, one_match, 0, 4);
    tcase_add_loop_test(tests, all_matches, 0, 4);
    tcase_add_test(tests, groups_by_name);
    tcase_add_loop_test(tests, misplaced_matches_are_given_up, 0, ARRAY_SIZE(misplaced));
    return unit_run(tests);
}
