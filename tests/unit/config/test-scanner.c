#include <check.h>
#include <string.h>
#include "base/mem.h"
#include "base/util.h"
#include "config/document.h"
#include "unit.h"

/* A text a row: NULL if it is fine, else the code and where. */
static const struct {
    const char *text, *code;
    unsigned line, column;
} rows[] = {
    {"{}", NULL, 0, 0},
    {" [1, -0, 1.5e+3, \"\\u00e9\\ud83d\\ude00\\n\", true, false, null]\n", NULL, 0, 0},
    {"18446744073709551615", NULL, 0, 0},
    {"-9223372036854775808", NULL, 0, 0},
    {"\"\xC3\xA9\xF0\x9F\x98\x80\"", NULL, 0, 0},
    {"18446744073709551616", "W1020", 1, 1},
    {"[-9223372036854775809]", "W1020", 1, 2},
    {"{\n  \"a\": 1,\n}", "W1001", 3, 1},
    {"[1,]", "W1001", 1, 4},
    {"{\"a\": 1 \"b\": 2}", "W1001", 1, 9},
    {"{'a': 1}", "W1001", 1, 2},
    {"{\"a\": 1} // c", "W1001", 1, 10},
    {"{\"a\" 1}", "W1001", 1, 6},
    {"{\"a\": }", "W1001", 1, 7},
    {"{\"a\": 01}", "W1001", 1, 7},
    {"{\"a\": 1.}", "W1001", 1, 9},
    {"{\"a\": 1e}", "W1001", 1, 9},
    {"{\"a\": +1}", "W1001", 1, 7},
    {"{\"a\": nul}", "W1001", 1, 7},
    {"{\"a\": \"x\ny\"}", "W1001", 1, 9},
    {"{\"a\": \"x", "W1001", 1, 7},
    {"{\"a\": \"\\q\"}", "W1001", 1, 9},
    {"{\"a\": \"\\u12g4\"}", "W1001", 1, 10},
    {"{\"a\": \"\\ud800\"}", "W1001", 1, 8},
    {"{\"a\": \"\\udc00\"}", "W1001", 1, 8},
    {"{\"a\"", "W1001", 1, 5},
    {"{\"\xC3\xA9\": tru}", "W1001", 1, 7},
    {"{\"a\": \"\xFF\"}", "W1007", 1, 8},
    {"{\"a\": \"\xC0\x80\"}", "W1007", 1, 8},
    {"{\"a\": \"\xED\xA0\x80\"}", "W1007", 1, 8},
    {"{\"a\": 1, \"a\": 2}", "W1005", 1, 10},
    {"{\"Key\": 1,\n \"kEY\": 2}", "W1005", 2, 2},
    {"{\"a\\u0000b\": 1}", "W1019", 1, 2},
    {"", "W1009", 0, 0},
    {" \n\t ", "W1009", 0, 0},
    {"\xEF\xBB\xBF{}", "W1001", 1, 1},
    {"inputs:\n  - Type: x\n", "W1002", 1, 1},
    {"# c\n---\na: b\n", "W1002", 1, 1},
};

START_TEST(text_is_judged_by_the_table)
{
    struct diag_list diags = {0};
    struct document *document =
        document_parse("t.json", rows[_i].text, strlen(rows[_i].text), &diags);

    if (!rows[_i].code) {
        ck_assert_ptr_nonnull(document);
        ck_assert_uint_eq(diags.count, 0);
    } else {
        ck_assert_uint_eq(diags.count, 1);
        ck_assert_str_eq(diags.items[0].code, rows[_i].code);
        ck_assert_uint_eq(diags.items[0].line, rows[_i].line);
        ck_assert_uint_eq(diags.items[0].column, rows[_i].column);
    }
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

START_TEST(depth_is_bounded)
{
    char text[200];
    struct diag_list diags = {0};
    struct document *document;

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    document = document_parse("t.json", text, 128, &diags);
    ck_assert_ptr_nonnull(document);
    document_destroy(document);
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    ck_assert_ptr_null(document_parse("t.json", text, 130, &diags));
    ck_assert_str_eq(diags.items[0].code, "W1006");
    diag_list_finish(&diags);
}
END_TEST

START_TEST(garbage_of_any_size_is_refused_at_once)
{
    size_t size = 100 * MIB;
    char *text = mem_zalloc(size);
    struct diag_list diags = {0};

    memset(text, 'x', size);
    ck_assert_ptr_null(document_parse("t.json", text, size, &diags));
    ck_assert_str_eq(diags.items[0].code, "W1008");
    ck_assert_ptr_null(document_parse("t.json", text, 10 * MIB, &diags));
    ck_assert_str_eq(diags.items[1].code, "W1001");
    diag_list_finish(&diags);
    free(text);
}
END_TEST

START_TEST(nodes_know_places_and_values)
{
    static const char text[] = "{\n  \"A\": [1,\n   {\"\\u0062\": \"x\"}]\n}";
    struct diag_list diags = {0};
    struct document *document = document_parse("t.json", text, strlen(text), &diags);
    const struct json_node *list = json_member(document->root, "a");
    const struct json_node *inner = &list->children[1].children[0];

    ck_assert_str_eq(list->key, "A");
    ck_assert_uint_eq(list->key_place.line, 2);
    ck_assert_uint_eq(list->place.column, 8);
    ck_assert_int_eq(json_object_get_int(list->children[0].value), 1);
    ck_assert_str_eq(inner->key, "b");
    ck_assert_str_eq(json_object_get_string(inner->value), "x");
    ck_assert_uint_eq(inner->place.line, 3);
    ck_assert_uint_eq(inner->place.length, 3);
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("scanner");

    tcase_add_loop_test(tests, text_is_judged_by_the_table, 0, (int)ARRAY_SIZE(rows));
    tcase_add_test(tests, depth_is_bounded);
    tcase_add_test(tests, garbage_of_any_size_is_refused_at_once);
    tcase_add_test(tests, nodes_know_places_and_values);
    return unit_run(tests);
}
