/* Which lines make one log: upstream's meaning of Multiline, and what is made of it when
 * the bytes come in pieces, are too long, or in GBK. */
#include <iconv.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "input/gbk.h"
#include "input/lines.h"
#include "unit.h"

static struct weir_str text_of(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

struct given {
    const char *start, *further, *end;
    enum multiline_mode mode;
    enum multiline_unmatched unmatched;
    size_t max_bytes; /* 0: much */
    enum lines_excess excess;
    bool gbk;
};

static void append_logs(struct buf *out, struct batch *batch)
{
    for (uint32_t i = 0; batch && i < batch->n_logs; i++) {
        struct weir_str value = batch->logs[i].contents[0].value;

        buf_append(out, value.data, value.size);
        buf_putc(out, '|');
    }
    batch_destroy(batch);
}

/* Reads the text in pieces of at most `step` bytes, with a yield after each when asked. */
static void take_apart(const struct given *given, struct weir_str text, size_t step, bool yield,
    struct buf *out, struct lines_counts *ret_counts)
{
    struct multiline_options options = {
        .mode = given->mode,
        .start_pattern = given->start ? text_of(given->start) : (struct weir_str){0},
        .continue_pattern = given->further ? text_of(given->further) : (struct weir_str){0},
        .end_pattern = given->end ? text_of(given->end) : (struct weir_str){0},
        .unmatched = given->unmatched,
    };
    struct lines_rules rules = {
        .max_bytes = given->max_bytes ? given->max_bytes : LINES_LOG_MAX_BYTES,
        .excess = given->excess,
        .spans = true,
    };
    struct memory *memory = memory_create(MEMORY_LIMIT_DEFAULT);
    struct lines_scratch scratch = {0};
    struct lines lines = {.memory = memory, .rules = &rules, .scratch = &scratch};
    struct gbk *gbk = given->gbk ? gbk_create() : NULL;
    char why[256] = "";
    size_t at = 0;

    if (!multiline_create(&options, &rules.multiline, why, sizeof why))
        ck_abort_msg("%s", why);
    rules.gbk = gbk;
    while (at < text.size) {
        size_t room, n = MIN(step, text.size - at);
        char *to = lines_room(&lines, n, &room);

        n = MIN(n, room);
        memcpy(to, text.data + at, n);
        at += n;
        append_logs(out, lines_take(&lines, n));
        if (yield && n == step && lines_held(&lines) < step) { /* read again, at once */
            at -= lines_held(&lines);
            lines_let_go(&lines);
        }
    }
    append_logs(out, lines_rest(&lines));
    *ret_counts = lines.counts;
    lines_finish(&lines);
    lines_scratch_finish(&scratch);
    multiline_destroy(rules.multiline);
    gbk_destroy(gbk);
    ck_assert_uint_eq(memory_used(memory), 0);
    memory_destroy(memory);
}

#define DISCARD .unmatched = MULTILINE_DISCARD
#define JSON .mode = MULTILINE_JSON

static const struct {
    struct given given;
    const char *text, *logs;
} cases[] = {
    /* Nothing given, or what matches everything: lines. */
    {{0}, "a\n\nb\r\nc", "a||b\r|c|"},
    {{.start = ".*"}, "a\nb\n", "a|b|"},
    {{.start = ".*$"}, "a\nb\n", "a|b|"},
    /* Start. */
    {{.start = "S"}, "S1\nx\ny\nS2\nS3\nz", "S1\nx\ny|S2|S3\nz|"},
    {{.start = "S"}, "x\ny\nS1\n\nS2\n", "x|y|S1\n|S2|"},
    {{.start = "S", DISCARD}, "x\ny\nS1\nz\nS2\n", "S1\nz|S2|"},
    {{.start = "S.*$"}, "S1\nxS\n", "S1\nxS|"},
    {{.start = "\\[\\d+-\\d+"}, "[20-1] a\n at b\n[20-2] c\n", "[20-1] a\n at b|[20-2] c|"},
    /* Start and further lines. */
    {{.start = "S", .further = " "}, "S1\n a\nx\nS2\nS3\n b\n", "S1\n a|x|S2|S3\n b|"},
    {{.start = "S", .further = " ", DISCARD}, "x\nS1\n a\nx\n b\nS2\n", "S1\n a|S2|"},
    /* Start and end. The line that begins does not end. */
    {{.start = "S", .end = "E"}, "S1\nx\nE\ny\nS2\nE\n", "S1\nx\nE|y|S2\nE|"},
    {{.start = "S", .end = "SE"}, "SE\nSE\nx\n", "SE\nSE|x|"},
    {{.start = "S", .end = "E", DISCARD}, "x\nS1\nE\ny\nS2\nz\n", "S1\nE|"},
    {{.start = "S", .end = "E"}, "S1\nE\nS2\nz\n", "S1\nE|S2|z|"},
    /* Further lines and end. */
    {{.further = " ", .end = "E"}, " a\n b\nE1\nE2\nx\n c\ny\n", " a\n b\nE1|E2|x| c|y|"},
    {{.further = " ", .end = "E", DISCARD}, " a\nE1\nE2\nx\n c\ny\n d", " a\nE1|E2|"},
    /* End. */
    {{.end = "E"}, "a\nb\nE\nE\nc\n", "a\nb\nE|E|c|"},
    {{.end = "E", DISCARD}, "a\nE\nc\ne\n", "a\nE|"},
    /* All three: the further lines' is not used, as upstream. */
    {{.start = "S", .further = " ", .end = "E"}, "S1\nx\nE\n", "S1\nx\nE|"},
    /* JSON. */
    {{JSON}, "{\"a\":1}\n{\n \"b\": {\n}}\n", "{\"a\":1}|{\n \"b\": {\n}}|"},
    {{JSON}, "{\"a\":\"}{\\\"{\"}\n\n  \n{}\n", "{\"a\":\"}{\\\"{\"}|{}|"},
    {{JSON}, "text\n {\"a\":\n1}\n", "text| {\"a\":\n1}|"},
    {{JSON, DISCARD}, "text\n{\"a\":\n1}\n{\n", "{\"a\":\n1}|"},
    {{JSON}, "{\"a\":\n\"x\n{}\n", "{\"a\":|\"x|{}|"},
    {{JSON}, "{}}\n{\n", "{}}|{|"},
    /* Too long. */
    {{.max_bytes = 4}, "abcd\nabcde\nabcdefghi\n\n", "abcd|abcd|e|abcd|efgh|i||"},
    {{.max_bytes = 4, .excess = LINES_TRUNCATE}, "abcd\nabcdefghijkl\nx\nabcde",
        "abcd|abcd|x|abcd|"},
    {{.max_bytes = 4}, "aaa\xC3\xA4z\n", "aaa|\xC3\xA4z|"},
    {{.start = "S", .max_bytes = 6}, "S1\na\nb\nc\ne\nS2\n", "S1\na\nb|c\ne|S2|"},
    {{.start = "S", .max_bytes = 6, .excess = LINES_TRUNCATE}, "S1\na\nb\nc\ne\nS2\n",
        "S1\na\nb|S2|"},
    {{.start = "S", .max_bytes = 6}, "S1\n1234567890\nS2\n", "S1|123456|7890|S2|"},
    {{.start = "S", .max_bytes = 6}, "S123456789\n1\nS2\n", "S12345|6789\n1|S2|"},
    {{.start = "S", .max_bytes = 6}, "S1\nS23456789\nx\nS3", "S1|S23456|789\nx|S3|"},
    {{.start = "S", .max_bytes = 6, DISCARD}, "123456789\nS2\nS3456789\n", "S2|S34567|89|"},
    {{JSON, .max_bytes = 6}, "{\"a\":1}\n{\n}\n", "{\"a\":1|}|{\n}|"},
    {{JSON, .max_bytes = 6}, "{\n{\n{\n}\n}\n}\n{}\n", "{\n{\n{|}\n}\n}|{}|"},
    /* GBK. */
    {{.gbk = true}, "a\n\xC4\xE3\xBA\xC3\n", "a|\xE4\xBD\xA0\xE5\xA5\xBD|"},
    {{.gbk = true},
        "\xFF"
        "x\n\xC4",
        "\xEF\xBF\xBDx|\xEF\xBF\xBD|"},
    {{.gbk = true, .start = "\xE4\xBD\xA0"}, "\xC4\xE3\nx\n\xC4\xE3y\n",
        "\xE4\xBD\xA0\nx|\xE4\xBD\xA0y|"},
    {{.gbk = true, .max_bytes = 3}, "\xC4\xE3\xBA\xC3\n", "\xE4\xBD\xA0|\xE5\xA5\xBD|"},
};

static const size_t steps[] = {1, 2, 3, 5, 1000};

/* Whatever the pieces are in which the bytes come, the logs are the same. */
START_TEST(lines_make_logs)
{
    for (size_t i = 0; i < ARRAY_SIZE(steps); i++) {
        SCOPED_BUF struct buf out = {0};
        struct lines_counts counts;

        take_apart(&cases[_i].given, text_of(cases[_i].text), steps[i], false, &out, &counts);
        ck_assert_msg(!strcmp(buf_text(&out), cases[_i].logs), "by %zu: %s, not %s", steps[i],
            buf_text(&out), cases[_i].logs);
    }
}
END_TEST

/* Nor does it matter when what is held is let go and read again. */
START_TEST(read_again_they_are_the_same)
{
    SCOPED_BUF struct buf out = {0};
    struct lines_counts counts;

    take_apart(&cases[_i].given, text_of(cases[_i].text), 12, true, &out, &counts);
    ck_assert_str_eq(buf_text(&out), cases[_i].logs);
}
END_TEST

/* Numbers that are the same in every run. */
static uint32_t next_random(uint32_t *seed)
{
    *seed = *seed * 1664525U + 1013904223U;
    return *seed >> 8;
}

static struct given random_given(uint32_t *seed)
{
    static const char *const patterns[] = {NULL, "S", " ", "E", "x", "S|x"};
    struct given given = {
        .start = patterns[next_random(seed) % 6],
        .end = patterns[next_random(seed) % 6],
        .mode = next_random(seed) % 4 ? MULTILINE_CUSTOM : MULTILINE_JSON,
        .unmatched = next_random(seed) % 2 ? MULTILINE_DISCARD : MULTILINE_SINGLE_LINE,
        .max_bytes = next_random(seed) % 3 ? 0 : 4 + next_random(seed) % 20,
        .excess = next_random(seed) % 2 ? LINES_SPLIT : LINES_TRUNCATE,
        .gbk = next_random(seed) % 8 == 0,
    };

    if (!given.start != !given.end)
        given.further = patterns[next_random(seed) % 6];
    if (given.mode == MULTILINE_JSON || given.end)
        given.max_bytes = 0; /* what is cut cannot be known to belong to no log */
    return given;
}

static void random_text(uint32_t *seed, char *text, size_t size)
{
    static const char letters[] = "SExa  {}\"\\\n\n\n\n\xC4\xE3\xC3\xA4";

    for (size_t i = 0; i < size; i++)
        text[i] = letters[next_random(seed) % (sizeof letters - 1)];
}

/* Random rules on random text: in one read, in small ones, and read again. */
START_TEST(logs_do_not_depend_on_reads)
{
    uint32_t seed = (uint32_t)_i;

    for (int i = 0; i < 300; i++) {
        struct given given = random_given(&seed);
        char text[200];
        size_t size = next_random(&seed) % sizeof text, step = 1 + next_random(&seed) % 40;
        SCOPED_BUF struct buf whole = {0}, pieces = {0};
        struct lines_counts counts, same;

        random_text(&seed, text, size);
        take_apart(&given, (struct weir_str){text, size}, sizeof text, false, &whole, &counts);
        take_apart(&given, (struct weir_str){text, size}, step, i % 2, &pieces, &same);
        ck_assert_msg(str_equal((struct weir_str){whole.data, whole.size},
                          (struct weir_str){pieces.data, pieces.size}),
            "S %s C %s E %s json %d max %zu by %zu of %.*s: %s, not %s", given.start, given.further,
            given.end, given.mode, given.max_bytes, step, (int)size, text, buf_text(&pieces),
            buf_text(&whole));
    }
}
END_TEST

START_TEST(troubles_are_counted)
{
    SCOPED_BUF struct buf out = {0};
    struct lines_counts counts;

    take_apart(
        &(struct given){.start = "S", DISCARD}, text_of("x\ny\nS\nz\n"), 3, false, &out, &counts);
    ck_assert_uint_eq(counts.left_out, 2);
    take_apart(&(struct given){.max_bytes = 4}, text_of("abcdefghijklmnop\nx\nabcdef\n"), 3, false,
        &out, &counts);
    ck_assert_uint_eq(counts.cut, 2);
    take_apart(&(struct given){.gbk = true}, text_of("\xFF\xFFz\n\xC4\n"), 3, false, &out, &counts);
    ck_assert_uint_eq(counts.bad_bytes, 3);
    take_apart(&(struct given){.start = "(a+)+[bc]"},
        text_of("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\nx\n"), 1000, false, &out,
        &counts);
    ck_assert_uint_eq(counts.too_hard, 1);
}
END_TEST

static const struct {
    struct given given;
    const char *words;
} wrong[] = {
    {{.start = "("}, "Multiline.StartPattern, character 1: "},
    {{.further = "[a"}, "Multiline.ContinuePattern, character 2: "},
    {{.end = "*"}, "Multiline.EndPattern, character 0: "},
    {{.further = "x"}, "Multiline.ContinuePattern needs StartPattern or EndPattern"},
};

START_TEST(wrong_options_are_refused)
{
    const struct given *given = &wrong[_i].given;
    struct multiline_options options = {
        .start_pattern = text_of(given->start ? given->start : ""),
        .continue_pattern = text_of(given->further ? given->further : ""),
        .end_pattern = text_of(given->end ? given->end : ""),
    };
    struct multiline *multiline;
    char why[256] = "";

    ck_assert(!multiline_create(&options, &multiline, why, sizeof why));
    ck_assert_msg(!strncmp(why, wrong[_i].words, strlen(wrong[_i].words)), "%s", why);
}
END_TEST

/* Every pair of bytes, against iconv. */
START_TEST(gbk_is_what_iconv_says)
{
    struct gbk *gbk = gbk_create();
    iconv_t iconv_to_utf8 = iconv_open("UTF-8", "GBK");

    for (unsigned i = 0; i < 0x10000; i++) {
        char in[2] = {(char)(i >> 8), (char)i}, expected[16], *from = in, *to = expected;
        size_t n_in = 2, n_out = sizeof expected;
        SCOPED_BUF struct buf text = {0};
        size_t n_bad = gbk_decode(gbk, (struct weir_str){in, 2}, &text);
        bool good;

        iconv(iconv_to_utf8, NULL, NULL, NULL, NULL);
        good = iconv(iconv_to_utf8, &from, &n_in, &to, &n_out) != (size_t)-1;
        ck_assert_msg(good == !n_bad, "%04x", i);
        if (good)
            ck_assert_mem_eq(text.data, expected, text.size);
    }
    iconv_close(iconv_to_utf8);
    gbk_destroy(gbk);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("multiline");

    tcase_add_loop_test(tests, lines_make_logs, 0, (int)ARRAY_SIZE(cases));
    tcase_add_loop_test(tests, read_again_they_are_the_same, 0, (int)ARRAY_SIZE(cases));
    tcase_add_loop_test(tests, logs_do_not_depend_on_reads, 0, 10);
    tcase_add_test(tests, troubles_are_counted);
    tcase_add_loop_test(tests, wrong_options_are_refused, 0, (int)ARRAY_SIZE(wrong));
    tcase_add_test(tests, gbk_is_what_iconv_says);
    return unit_run(tests);
}
