/* Texts that are no configuration, and why; texts that are, and where their values stand. */
#include "config/document.h"

#include <stdio.h>
#include <string.h>
#include "base/buf.h"
#include "config/scanner.h"
#include "unit.h"
#include "config/told.h"

static const struct {
    const char *text;
    const char *told; /* code and place of each diagnostic */
} texts[] = {
    /* JSON */
    {"{}", ""},
    {" \t\r\n[1, -0, 0.5, 1e3, 1E-2, -12.25e+1]\n", ""},
    {"\"\\u00e9 \\ud83d\\ude00 \\\" \\\\ \\/ \\b\\f\\n\\r\\t\"", ""},
    {"[18446744073709551615, -9223372036854775808]", ""},
    {"{\"\":{\"\":[]}}", ""},
    {"{\"a\":1,\"b\":{\"a\":1}}", ""},
    {"{\"Key\":1,\"kEY\":2}", ""}, /* the same option, but not the same key of a map */
    {"\"\xC3\xA9\xF0\x9F\x98\x80\"", ""},
    /* Syntax */
    {"{\"a\":1,}", "W1001 1:8"},
    {"[1,]", "W1001 1:4"},
    {"[1 2]", "W1001 1:4"},
    {"{\"a\" 1}", "W1001 1:6"},
    {"{\"a\": }", "W1001 1:7"},
    {"{\"a\"", "W1001 1:5"},
    {"{\"a\": 1 \"b\": 2}", "W1001 1:9"},
    {"{'a':1}", "W1001 1:2"},
    {"{\"a\":'b'}", "W1001 1:6"},
    {"{a:1}", "W1001 1:2"},
    {"{\"a\":1 // one\n}", "W1001 1:8"},
    {"/* c */{}", "W1001 1:1"},
    {"{\"a\":True}", "W1001 1:6"},
    {"[NaN]", "W1001 1:2"},
    {"[Infinity]", "W1001 1:2"},
    {"[-Infinity]", "W1001 1:2"},
    {"[+1]", "W1001 1:2"},
    {"[01]", "W1001 1:2"},
    {"[1.]", "W1001 1:4"},
    {"[.5]", "W1001 1:2"},
    {"[1e]", "W1001 1:4"},
    {"[0x10]", "W1001 1:3"},
    {"{\n  \"a\": [1,\n", "W1001 3:1"},
    {"{} {}", "W1001 1:4"},
    {"{}}", "W1001 1:3"},
    {"[1]]", "W1001 1:4"},
    {"[1}", "W1001 1:3"},
    {"\"abc", "W1001 1:1"},
    {"{\"a\": \"b\n\"}", "W1001 1:9"},
    {"[\"tab\there\"]", "W1001 1:6"},
    {"[\"\\x\"]", "W1001 1:4"},
    {"[\"\\u12g4\"]", "W1001 1:5"},
    {"[\"\\u\x11\x12\x13\x14\"]", "W1001 1:5"},
    {"[\"\\ud800\"]", "W1001 1:3"},
    {"[\"\\udc00\"]", "W1001 1:3"},
    {"[\"\\ud800\\u0041\"]", "W1001 1:3"},
    {"nul", "W1001 1:1"},
    {"\xEF\xBB\xBF{}", "W1001 1:1"},
    /* Places count characters, not bytes */
    {"{\"\xC3\xA9\xC3\xA9\": x}", "W1001 1:8"},
    /* YAML */
    {"inputs:\n  - Type: input_file\n", "W1002 1:1"},
    {"---\ninputs: []\n", "W1002 1:1"},
    {"# a comment\nenable: true\n", "W1002 1:1"},
    /* The file as a whole */
    {"", "W1009 0:0"},
    {" \n\t", "W1009 0:0"},
    /* Beyond JSON's grammar */
    {"{\"a\":1,\n \"a\":2}", "W1005 2:2"},
    {"{\"x\":[{\"b\":1,\"c\":2,\"b\":2,\"c\":3}]}", "W1005 1:20, W1005 1:26"},
    {"{\"a\\u0000b\":1}", "W1019 1:2"},
    {"[18446744073709551616]", "W1020 1:2"},
    {"[-9223372036854775809, 99999999999999999999999999]", "W1020 1:2, W1020 1:24"},
    {"[1e999]", "W1020 1:2"},
    {"[-1e999]", "W1020 1:2"},
    /* UTF-8 */
    {"[\"\xC3\"]", "W1007 1:3"},
    {"[\"\xC0\x80\"]", "W1007 1:3"},
    {"[\"\xED\xA0\x80\"]", "W1007 1:3"},
    {"[\"\xF4\x90\x80\x80\"]", "W1007 1:3"},
    {"{\"\xFF\":1}", "W1007 1:3"},
};

START_TEST(tells_what_is_wrong_and_where)
{
    struct diag_list diags = {0};
    struct document *document =
        document_parse("a.json", texts[_i].text, strlen(texts[_i].text), &diags);

    expect_told(texts[_i].text, &diags, texts[_i].told);
    if (!*texts[_i].told)
        ck_assert_ptr_nonnull(document);
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

/* A NUL byte between tokens, and in a string. */
START_TEST(refuses_nul_bytes)
{
    struct diag_list diags = {0};

    ck_assert_ptr_null(document_parse("a.json", "{\0}", 3, &diags));
    ck_assert_ptr_null(document_parse("a.json", "[\"\0\"]", 5, &diags));
    expect_told("NUL", &diags, "W1001 1:2, W1001 1:3");
    diag_list_finish(&diags);
}
END_TEST

static struct document *parse_nested(unsigned levels, struct diag_list *diags)
{
    SCOPED_BUF struct buf text = {0};

    for (unsigned i = 0; i < levels; i++)
        buf_putc(&text, '[');
    for (unsigned i = 0; i < levels; i++)
        buf_putc(&text, ']');
    return document_parse("a.json", text.data, text.size, diags);
}

START_TEST(bounds_the_depth)
{
    struct diag_list diags = {0};
    struct document *document = parse_nested(SCANNER_DEPTH_MAX, &diags);

    ck_assert_ptr_nonnull(document);
    document_destroy(document);
    ck_assert_ptr_null(parse_nested(SCANNER_DEPTH_MAX + 1, &diags));
    ck_assert_ptr_null(parse_nested(1000000, &diags));
    expect_told("depth", &diags, "W1006 1:65, W1006 1:65");
    diag_list_finish(&diags);
}
END_TEST

START_TEST(bounds_the_size)
{
    SCOPED_BUF struct buf text = {0};
    struct diag_list diags = {0};
    struct document *document;

    memset(buf_reserve(&text, SCANNER_FILE_MAX_BYTES + 1), ' ', SCANNER_FILE_MAX_BYTES + 1);
    text.data[0] = '[';
    text.data[SCANNER_FILE_MAX_BYTES - 1] = ']';
    document = document_parse("a.json", text.data, SCANNER_FILE_MAX_BYTES, &diags);
    ck_assert_ptr_nonnull(document);
    document_destroy(document);
    ck_assert_ptr_null(document_parse("a.json", text.data, SCANNER_FILE_MAX_BYTES + 1, &diags));
    expect_told("size", &diags, "W1008 0:0");
    diag_list_finish(&diags);
}
END_TEST

/* Megabytes of members, of elements and of garbage end soon; what is quadratic takes
 * longer than main() allows. */
START_TEST(is_quick_with_much)
{
    static const char *const items[] = {"[\"\\ud83d\\ude00\",1,{}],", "\xFF\xFE garbage", "{{{{",
        "\"\\\\\\\\\\\\", "99999999999999999999999999,", "\"a\":1,"};
    SCOPED_BUF struct buf text = {0};
    struct diag_list diags = {0};

    buf_puts(&text, _i < 5 ? "[" : "{");
    while (text.size < 8 * MIB)
        buf_puts(&text, items[_i]);
    document_destroy(document_parse("a.json", text.data, text.size, &diags));
    ck_assert_uint_gt(diags.n_errors, 0);
    diag_list_finish(&diags);
}
END_TEST

START_TEST(is_quick_with_many_keys)
{
    SCOPED_BUF struct buf text = {0};
    struct diag_list diags = {0};
    struct document *document;

    buf_putc(&text, '{');
    for (unsigned i = 0; i < 300000; i++)
        buf_printf(&text, "%s\"key%u\":%u", i ? "," : "", i, i);
    buf_putc(&text, '}');
    document = document_parse("a.json", text.data, text.size, &diags);
    ck_assert_ptr_nonnull(document);
    ck_assert_uint_eq(document->root->n_children, 300000);
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

START_TEST(knows_where_values_stand)
{
    static const char text[] = "{\n  \"Inputs\": [\n    {\"\xC3\xA9\": \"x\\u0000y\"}, 2.5, null\n"
                               "  ]\n}";
    struct diag_list diags = {0};
    struct document *document = document_parse("a.json", text, sizeof text - 1, &diags);
    const struct json_node *inputs, *member;

    ck_assert_ptr_nonnull(document);
    inputs = json_member(document->root, "inputs");
    ck_assert_ptr_nonnull(inputs);
    ck_assert_ptr_null(json_member(document->root, "input"));
    ck_assert_uint_eq(inputs->key_place.line, 2);
    ck_assert_uint_eq(inputs->key_place.column, 3);
    ck_assert_uint_eq(inputs->key_place.length, 8);
    ck_assert_uint_eq(inputs->n_children, 3);
    member = &inputs->children[0].children[0];
    ck_assert_str_eq(member->key, "\xC3\xA9");
    ck_assert_uint_eq(member->place.line, 3);
    ck_assert_uint_eq(member->place.column, 11);
    ck_assert_uint_eq(member->place.length, 10);
    ck_assert_int_eq(json_object_get_string_len(member->value), 3);
    ck_assert_mem_eq(json_object_get_string(member->value), "x\0y", 3);
    ck_assert(json_object_is_type(inputs->children[1].value, json_type_double));
    ck_assert_ptr_null(inputs->children[2].value);
    ck_assert_uint_eq(inputs->children[2].place.column, 29);
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

START_TEST(shows_the_line)
{
    static const char text[] = "{\n  \"a\": 1,\n  \"b\": ?\n}";
    struct diag_list diags = {0};

    ck_assert_ptr_null(document_parse("a.json", text, sizeof text - 1, &diags));
    ck_assert_uint_eq(diags.count, 1);
    ck_assert_str_eq(diags.items[0].source_line, "  \"b\": ?");
    ck_assert_str_eq(diags.items[0].file, "a.json");
    diag_list_finish(&diags);
}
END_TEST

START_TEST(tells_of_files_that_cannot_be_read)
{
    struct diag_list diags = {0};

    ck_assert_ptr_null(document_read("/nonexistent/a.json", &diags));
    ck_assert_ptr_null(document_read("/", &diags));
    expect_told("unreadable", &diags, "W1000 0:0, W1000 0:0");
    diag_list_finish(&diags);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("scanner");

    tcase_set_timeout(tests, 30);
    tcase_add_loop_test(tests, tells_what_is_wrong_and_where, 0, ARRAY_SIZE(texts));
    tcase_add_test(tests, refuses_nul_bytes);
    tcase_add_test(tests, bounds_the_depth);
    tcase_add_test(tests, bounds_the_size);
    tcase_add_loop_test(tests, is_quick_with_much, 0, 6);
    tcase_add_test(tests, is_quick_with_many_keys);
    tcase_add_test(tests, knows_where_values_stand);
    tcase_add_test(tests, shows_the_line);
    tcase_add_test(tests, tells_of_files_that_cannot_be_read);
    return unit_run(tests);
}
