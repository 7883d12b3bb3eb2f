/* JSON text for every byte, valid and invalid UTF-8, at every place in a word. */
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>
#include <weir/json.h>

#include "unit.h"

#define TEXT(literal) \
    { \
        literal, sizeof literal - 1 \
    }
#define FFFD "\xEF\xBF\xBD"
#define FFFD_HTML "\\ufffd"

static const struct json_row {
    const char *name;
    struct weir_str text;
    const char *plain;
    const char *html; /* NULL: the same, but for U+FFFD */
} rows[] = {
    {"empty", TEXT(""), "", NULL},
    {"no data", {NULL, 0}, "", NULL},
    {"quotes", TEXT("\"a\\b/"), "\\\"a\\\\b/", NULL},
    {"short escapes", TEXT("\b\f\n\r\t"), "\\b\\f\\n\\r\\t", NULL},
    {"NUL and DEL", TEXT("\0x\x7F"), "\\u0000x\x7F", NULL},
    {"HTML", TEXT("<a>&'"), "<a>&'", "\\u003ca\\u003e\\u0026'"},
    {"separators", TEXT("\u2027\u2028\u2029\u202F"), "\u2027\u2028\u2029\u202F",
        "\u2027\\u2028\\u2029\u202F"},
    {"two, three, four bytes", TEXT("\u00e4\u20ac\U0001F600"), "\u00e4\u20ac\U0001F600", NULL},
    {"borders", TEXT("\xC2\x80\u07FF\u0800\xED\x9F\xBF\uE000\uFFFF\U00010000\U0010FFFF"),
        "\xC2\x80\u07FF\u0800\xED\x9F\xBF\uE000\uFFFF\U00010000\U0010FFFF", NULL},
    {"bare continuation", TEXT("a\x80z"), "a" FFFD "z", NULL},
    {"overlong, 2", TEXT("\xC0\xAF"), FFFD FFFD, NULL},
    {"overlong, 2, C1", TEXT("\xC1\xBF"), FFFD FFFD, NULL},
    {"overlong, 3", TEXT("\xE0\x9F\xBF"), FFFD FFFD FFFD, NULL},
    {"overlong, 4", TEXT("\xF0\x8F\xBF\xBF"), FFFD FFFD FFFD FFFD, NULL},
    {"surrogate", TEXT("\xED\xA0\x80"), FFFD FFFD FFFD, NULL},
    {"beyond U+10FFFF", TEXT("\xF4\x90\x80\x80"), FFFD FFFD FFFD FFFD, NULL},
    {"five bytes", TEXT("\xF8\x88\x80\x80\x80"), FFFD FFFD FFFD FFFD FFFD, NULL},
    {"FE FF", TEXT("\xFE\xFF"), FFFD FFFD, NULL},
    {"cut at the end", TEXT("a\xE2\x82"), "a" FFFD FFFD, NULL},
    {"cut by a letter", TEXT("\xE2\x82z"), FFFD FFFD "z", NULL},
    {"cut by a quote", TEXT("\xF0\x9F\""), FFFD FFFD "\\\"", NULL},
    {"long", TEXT("0123456789abcdefghijklmnopqrstuvwxyz\"0123456789abcdef"),
        "0123456789abcdefghijklmnopqrstuvwxyz\\\"0123456789abcdef", NULL},
};

static void check_text(const char *name, struct weir_buffer *buffer, const char *wanted)
{
    char quoted[256];
    int size = snprintf(quoted, sizeof quoted, "\"%s\"", wanted);

    ck_assert_msg(!buffer->failed, "%s: no memory", name);
    ck_assert_msg(buffer->size == (size_t)size && memcmp(buffer->data, quoted, buffer->size) == 0,
        "%s: %.*s, not %s", name, (int)buffer->size, buffer->data, quoted);
    weir_buffer_clear(buffer);
}

/* Every U+FFFD as its escape. */
static void escape_fffd(char *to, const char *from)
{
    while (*from) {
        bool found = strncmp(from, FFFD, 3) == 0;

        to += sprintf(to, "%.*s", found ? 6 : 1, found ? FFFD_HTML : from);
        from += found ? 3 : 1;
    }
    *to = 0;
}

START_TEST(table)
{
    const struct json_row *row = &rows[_i];
    struct weir_buffer buffer = {0};
    char html[256];

    weir_json_string(&buffer, row->text);
    check_text(row->name, &buffer, row->plain);
    weir_json_string_html(&buffer, row->text);
    escape_fffd(html, row->plain);
    check_text(row->name, &buffer, row->html ? row->html : html);
    weir_buffer_finish(&buffer);
}
END_TEST

START_TEST(as_go)
{
    struct weir_buffer buffer = {0};

    weir_json_string_go(&buffer, (struct weir_str){"<a>&\xFF\u2028\u2029\u202F\"", 15});
    check_text("go", &buffer, "<a>&" FFFD_HTML "\\u2028\\u2029\u202F\\\"");
    weir_buffer_finish(&buffer);
}
END_TEST

/* Slow and plain: what a single byte becomes. */
static void expect_byte(char text[16], unsigned byte, bool html)
{
    static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
    const char *at = byte ? strchr(from, (int)byte) : NULL;

    if (at)
        snprintf(text, 16, "\\%c", to[at - from]);
    else if (byte >= 0x80)
        snprintf(text, 16, "%s", html ? FFFD_HTML : FFFD);
    else if (byte < 0x20 || (html && byte && strchr("<>&", (int)byte)))
        snprintf(text, 16, "\\u%04x", byte);
    else
        snprintf(text, 16, "%c", (int)byte);
}

/* The byte at every offset of three words, among neighbours that borrow in the arithmetic. */
static void check_byte(struct weir_buffer *buffer, unsigned byte, bool html, char fill)
{
    char text[24], wanted[64], escaped[16];

    expect_byte(escaped, byte, html);
    for (int at = 0; at < (int)sizeof text; at++) {
        char before[32] = {0}, after[32] = {0};

        memset(text, fill, sizeof text);
        memset(before, fill, (size_t)at);
        memset(after, fill, sizeof text - 1 - (size_t)at);
        text[at] = (char)byte;
        snprintf(wanted, sizeof wanted, "%s%s%s", before, escaped, after);
        (html ? weir_json_string_html : weir_json_string)(
            buffer, (struct weir_str){text, sizeof text});
        check_text(fill == '!' ? "beside !" : "beside x", buffer, wanted);
    }
}

START_TEST(each_byte)
{
    struct weir_buffer buffer = {0};

    for (unsigned byte = 0; byte < 256; byte++) {
        const char fills[] = {'!', '#', ' ', '[', 'x', '\x7F'};

        for (size_t i = 0; i < sizeof fills; i++) {
            check_byte(&buffer, byte, false, fills[i]);
            check_byte(&buffer, byte, true, fills[i]);
        }
    }
    weir_buffer_finish(&buffer);
}
END_TEST

/* Slow and plain: one character, or one wrong byte; returns its size. */
static size_t expect_character(char **to, const unsigned char *text, size_t size, bool html)
{
    static const struct {
        unsigned char lead_min, lead_max, second_min, second_max, length;
    } forms[] = {{0xC2, 0xDF, 0x80, 0xBF, 2}, {0xE0, 0xE0, 0xA0, 0xBF, 3},
        {0xE1, 0xEC, 0x80, 0xBF, 3}, {0xED, 0xED, 0x80, 0x9F, 3}, {0xEE, 0xEF, 0x80, 0xBF, 3},
        {0xF0, 0xF0, 0x90, 0xBF, 4}, {0xF1, 0xF3, 0x80, 0xBF, 4}, {0xF4, 0xF4, 0x80, 0x8F, 4}};
    size_t length = 0;
    char escaped[16];

    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (text[0] >= forms[i].lead_min && text[0] <= forms[i].lead_max &&
            size >= forms[i].length && text[1] >= forms[i].second_min &&
            text[1] <= forms[i].second_max)
            length = forms[i].length;
    for (size_t i = 2; i < length; i++)
        if (text[i] < 0x80 || text[i] > 0xBF)
            length = 0;
    expect_byte(escaped, text[0], html);
    if (html && length == 3 && text[0] == 0xE2 && text[1] == 0x80 && (text[2] | 1) == 0xA9)
        *to += sprintf(*to, "\\u20%02x", text[2] & 0x3F);
    else if (length)
        *to += sprintf(*to, "%.*s", (int)length, (const char *)text);
    else
        *to += sprintf(*to, "%s", escaped);
    return length ? length : 1;
}

static void check_random(
    struct weir_buffer *buffer, const unsigned char *text, size_t size, bool html)
{
    char wanted[2048], *to = wanted;

    *to++ = '"';
    for (size_t i = 0; i < size;)
        i += expect_character(&to, text + i, size - i, html);
    *to++ = '"';
    weir_buffer_clear(buffer);
    (html ? weir_json_string_html : weir_json_string)(
        buffer, (struct weir_str){(const char *)text, size});
    ck_assert_uint_eq(buffer->size, (size_t)(to - wanted));
    ck_assert_mem_eq(buffer->data, wanted, buffer->size);
}

/* Ordinary text, mixed with what is special; sometimes a character is cut short. */
static void fill_random(unsigned char *text, size_t size)
{
    static const char *const pieces[] = {"\"", "\\", "\n", "<", "\x7F", "\xC3\xA4",
        "\u4E2D\u6587\uFF01", "\u2028", "\u2029x", "\U0001F600", "\xED\xA0\x80", "\xED\x9F\xBF",
        "\xE0\x9F\xBF", "\u0800", "\xFF", "\xE4\xB8", "\x01"};
    long dense = 1 + random() % 40;

    for (size_t i = 0; i < size;) {
        const char *piece = pieces[(size_t)random() % (sizeof pieces / sizeof pieces[0])];
        size_t length = strlen(piece);

        if (random() % dense) {
            text[i++] = (unsigned char)('a' + random() % 26);
            continue;
        }
        memcpy(text + i, piece, length < size - i ? length : size - i);
        i += length;
    }
}

/* Right in front of a page that must not be read, into a buffer that has to grow. */
START_TEST(random_texts)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);
    unsigned char *map =
        mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    ck_assert_ptr_ne(map, MAP_FAILED);
    ck_assert_int_eq(mprotect(map + page, page, PROT_NONE), 0);
    srandom(1);
    for (int i = 0; i < 8000; i++) {
        size_t size = (size_t)random() % 200;
        unsigned char *text = map + page - size;
        struct weir_buffer buffer = {0};

        fill_random(text, size);
        check_random(&buffer, text, size, false);
        check_random(&buffer, text, size, true);
        weir_buffer_finish(&buffer);
    }
    munmap(map, 2 * page);
}
END_TEST

START_TEST(objects)
{
    struct weir_kv pairs[] = {{{"k", 1}, {"v", 1}}, {{"k", 1}, {"{", 1}}, {{NULL, 0}, {"\"", 1}}};
    struct weir_log log = {.n_contents = 3, .contents = pairs};
    struct weir_buffer buffer = {0};

    weir_json_log(&buffer, &log);
    ck_assert_str_eq("{\"k\":\"v\",\"k\":\"{\",\"\":\"\\\"\"}",
        (weir_buffer_append_byte(&buffer, 0), buffer.data));
    weir_buffer_clear(&buffer);
    log.n_contents = 0;
    weir_json_log(&buffer, &log);
    ck_assert_str_eq("{}", (weir_buffer_append_byte(&buffer, 0), buffer.data));
    weir_buffer_finish(&buffer);
}
END_TEST

START_TEST(numbers)
{
    struct weir_buffer buffer = {0};

    weir_buffer_append_uint(&buffer, 0);
    weir_buffer_append_byte(&buffer, ' ');
    weir_buffer_append_uint(&buffer, UINT64_MAX);
    ck_assert_str_eq("0 18446744073709551615", (weir_buffer_append_byte(&buffer, 0), buffer.data));
    weir_buffer_finish(&buffer);
}
END_TEST

START_TEST(no_memory)
{
    struct weir_buffer buffer = {0};

    weir_buffer_append_text(&buffer, "kept");
    ck_assert_ptr_null(weir_buffer_reserve(&buffer, SIZE_MAX - 2));
    ck_assert(buffer.failed);
    weir_buffer_append_text(&buffer, "not");
    ck_assert_uint_eq(buffer.size, 4);
    weir_buffer_clear(&buffer);
    weir_buffer_append_text(&buffer, "again");
    ck_assert_uint_eq(buffer.size, 5);
    weir_buffer_finish(&buffer);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("json");

    tcase_add_loop_test(tests, table, 0, sizeof rows / sizeof rows[0]);
    tcase_add_test(tests, as_go);
    tcase_add_test(tests, each_byte);
    tcase_add_test(tests, random_texts);
    tcase_add_test(tests, objects);
    tcase_add_test(tests, numbers);
    tcase_add_test(tests, no_memory);
    return unit_run(tests);
}
