/* The short cut of processor_regex against PCRE2: what it finds, PCRE2 finds, too. */
#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdio.h>
#include <string.h>
#include "base/chain.h"
#include "base/util.h"
#include "unit.h"

#define GROUPS_MAX 64

static struct weir_str text_of(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

static const struct {
    const char *regex;
    bool is_chain, fits_utf8;
} kinds[] = {
    {"^(\\S+) \\S+ (\\S+) \\[([^\\]]+)\\] \"(\\S+) (\\S+) [^\"]*\" (\\d+) (\\d+)$", true, true},
    {"^(.*?) - (.*)$", true, true},
    {"([\\d.]+)-(\\w+)", true, true},
    {"\\d{4}-\\d{2}", true, true},
    {"(a(b(c)))", true, true},
    {"", true, true},
    {"[]a]*[^]]", true, false},
    {".", true, false},
    {"(.*)(.*)", true, true},
    {".*?.", true, false},
    {"\\S+?", true, false},
    {"[^ ]*[^\"]+", true, false},
    {"[a-f0-9\\-_]+", true, true},
    {"a|b", false, false},
    {"(?:a)", false, false},
    {"(?i)a", false, false},
    {"(?P<n>a)", false, false},
    {"(*UTF)a", false, false},
    {"(a)+", false, false},
    {"(a)?", false, false},
    {"(a){2}", false, false},
    {"a?", false, false},
    {"a{2,3}", false, false},
    {"a{2,}", false, false},
    {"a{,3}", false, false},
    {"a{x}", false, false},
    {"a{0}", false, false},
    {"a{2}?", false, false},
    {"a*+", false, false},
    {"a+*", false, false},
    {"\\bfoo", false, false},
    {"\\1", false, false},
    {"\\v", false, false},
    {"\\x41", false, false},
    {"\\Qa\\E", false, false},
    {"[[:alpha:]]", false, false},
    {"[\\d-x]", false, false},
    {"[\\b]", false, false},
    {"a^", false, false},
    {"a$b", false, false},
    {"(a$)", false, false},
};

START_TEST(kind_row)
{
    struct chain *chain = chain_create(text_of(kinds[_i].regex));

    ck_assert_msg((chain != NULL) == kinds[_i].is_chain, "%s", kinds[_i].regex);
    if (chain)
        ck_assert_msg(chain_fits_utf8(chain) == kinds[_i].fits_utf8, "%s", kinds[_i].regex);
    chain_destroy(chain);
}
END_TEST

static unsigned below(unsigned limit)
{
    ck_assert_uint_gt(limit, 0);
    return (unsigned)random() % limit;
}

static size_t append(char *to, size_t size, const char *text)
{
    while (*text)
        to[size++] = *text++;
    return size;
}

/* Pieces that chains are made of, and some that make them none. */
static const char *const pieces[] = {"a", "b", " ", "-", "\\.", ".", "\\d", "\\w", "\\S", "\\s",
    "\\D", "\\W", "[ab]", "[^a]", "[^ \"]", "[a-c]", "[^]]", "[]-]", "[\\d.]", "[^\\s]", "\"", "]",
    "}", "1", "a*", ".*", ".+", ".*?", ".+?", "\\S+", "\\d+", "\\w*", "[^a]*", "[^ ]+", "[ab]+?",
    "\\d{2}", "(", ")", "(", ")", "(", ")", "(a)", "(.*)", "(\\S+)", "([^ ]*)", "(\\d+)"};
static const char odd[] = "^$*+?{}[]()|\\.-,:a1dDsSwWnrtvbQEx \n";

/* A random expression; one in four is then mutilated. */
static size_t make_regex(char regex[static 128])
{
    size_t size = 0;

    if (below(2))
        regex[size++] = '^';
    for (unsigned n = 1 + below(8); n > 0; n--)
        size = append(regex, size, pieces[below(ARRAY_SIZE(pieces))]);
    if (below(2))
        regex[size++] = '$';
    for (unsigned n = below(4) ? 0 : 1 + below(3); n > 0; n--)
        regex[below((unsigned)size)] = odd[below(sizeof odd - 1)];
    return size;
}

static size_t make_subject(char subject[static 64], bool ascii)
{
    static const char *const characters[] = {"a", "a", "b", "c", " ", " ", "-", ".", "1", "2", "\"",
        "]", "\n", "\t", "\v", "_", "\303\244", "\342\202\254", "\302\205", "\302\240"};
    size_t size = 0;

    for (unsigned n = below(16); n > 0; n--)
        size = append(subject, size, characters[below(ARRAY_SIZE(characters) - (ascii ? 4 : 0))]);
    return size;
}

static pcre2_code *compile(const char *regex, size_t size, uint32_t more)
{
    int error;
    size_t offset;

    return pcre2_compile(
        (PCRE2_SPTR)regex, size, PCRE2_DOTALL | PCRE2_DOLLAR_ENDONLY | more, &error, &offset, NULL);
}

/* Whether the chain matched; if so, PCRE2 has to as well, and in the same way. */
static bool compare(const struct chain *chain, const pcre2_code *code, struct weir_str regex,
    struct weir_str subject)
{
    struct pattern_span spans[GROUPS_MAX];
    pcre2_match_data *match;
    const PCRE2_SIZE *expected;

    if (!chain_match(chain, subject, spans))
        return false;
    match = pcre2_match_data_create(GROUPS_MAX, NULL);
    expected = pcre2_get_ovector_pointer(match);
    ck_assert_msg(pcre2_match(code, (PCRE2_SPTR)subject.data, subject.size, 0, 0, match, NULL) > 0,
        "%.*s matches '%.*s'", (int)regex.size, regex.data, (int)subject.size, subject.data);
    for (uint32_t i = 0; i <= chain_n_groups(chain); i++)
        ck_assert_msg(spans[i].start == expected[2 * i] && spans[i].end == expected[2 * i + 1],
            "%.*s on '%.*s': group %u is %zu..%zu instead of %zu..%zu", (int)regex.size, regex.data,
            (int)subject.size, subject.data, i, spans[i].start, spans[i].end, expected[2 * i],
            expected[2 * i + 1]);
    pcre2_match_data_free(match);
    return true;
}

/* How many of the subjects matched. */
static unsigned try_subjects(const struct chain *chain, struct weir_str regex)
{
    pcre2_code *bytes = compile(regex.data, regex.size, 0);
    pcre2_code *utf = compile(regex.data, regex.size, PCRE2_UTF);
    unsigned n_matched = 0, n_groups;
    char subject[64];

    ck_assert(utf);
    pcre2_pattern_info(bytes, PCRE2_INFO_CAPTURECOUNT, &n_groups);
    ck_assert_msg(n_groups == chain_n_groups(chain), "%.*s", (int)regex.size, regex.data);
    for (int i = 0; i < 10; i++) {
        bool ascii = i % 2;
        struct weir_str text = {subject, make_subject(subject, ascii)};

        if (ascii || chain_fits_utf8(chain))
            n_matched += compare(chain, ascii ? bytes : utf, regex, text);
    }
    pcre2_code_free(bytes);
    pcre2_code_free(utf);
    return n_matched;
}

START_TEST(as_pcre2_does)
{
    unsigned n_chains = 0, n_matched = 0;

    srandom((unsigned)_i);
    for (int i = 0; i < 20000; i++) {
        char text[128];
        struct weir_str regex = {text, make_regex(text)};
        pcre2_code *code = compile(regex.data, regex.size, 0);
        struct chain *chain = code ? chain_create(regex) : NULL;

        pcre2_code_free(code);
        if (chain) {
            n_chains++;
            n_matched += try_subjects(chain, regex);
        }
        chain_destroy(chain);
    }
    ck_assert_uint_gt(n_chains, 2000);
    ck_assert_uint_gt(n_matched, 2000);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("chain");

    tcase_set_timeout(tests, 120);
    tcase_add_loop_test(tests, kind_row, 0, ARRAY_SIZE(kinds));
    tcase_add_loop_test(tests, as_pcre2_does, 0, 5);
    return unit_run(tests);
}
