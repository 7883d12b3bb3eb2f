/* processor_json: what becomes a field, under which key, and what is refused. */
#include "base/mem.h"
#include "process/json_text.h"
#include "process/processing.h"

/* The source goes and keys have no connector in front, unless a row is about that. */
#define GIVEN \
    {"SourceKey", "s"}, {"KeepSource", "false"}, \
    { \
        "IgnoreFirstConnector", "true" \
    }
#define NESTED "s={\"a\":{\"b\":{\"c\":1}},\"d\":[{\"x\":\"y\"},[2],\"z\"],\"e\":[]}"

static const struct processing_row rows[] = {
    {"keys as upstream makes them", {{"SourceKey", "s"}}, "s={\"a\":{\"b\":\"1\"}}",
        "s={\"a\":{\"b\":\"1\"}}|_a_b=1", 0},
    {"IgnoreFirstConnector", {{"SourceKey", "s"}, {"IgnoreFirstConnector", "true"}},
        "s={\"a\":{\"b\":1}}", "s={\"a\":{\"b\":1}}|a_b=1", 0},
    {"kinds of values", {GIVEN}, "s={\"a\":\"t\",\"b\":-1.50e+3,\"c\":true,\"d\":false,\"e\":null}",
        "a=t|b=-1.50e+3|c=true|d=false|e=null", 0},
    {"spaces", {GIVEN}, "s= \t\n\r{ \"a\" : 1 , \"b\" : { } } ", "a=1", 0},
    {"all levels", {GIVEN}, NESTED, "a_b_c=1|d=[{\"x\":\"y\"},[2],\"z\"]|e=[]", 0},
    {"ExpandDepth 1", {GIVEN, {"ExpandDepth", "1"}}, NESTED,
        "a={\"b\":{\"c\":1}}|d=[{\"x\":\"y\"},[2],\"z\"]|e=[]", 0},
    {"ExpandDepth 2", {GIVEN, {"ExpandDepth", "2"}}, NESTED,
        "a_b={\"c\":1}|d=[{\"x\":\"y\"},[2],\"z\"]|e=[]", 0},
    {"ExpandArray", {GIVEN, {"ExpandArray", "true"}}, NESTED, "a_b_c=1|d[0]_x=y|d[1]=[2]|d[2]=z",
        0},
    {"ExpandArray, ExpandDepth 1", {GIVEN, {"ExpandArray", "true"}, {"ExpandDepth", "1"}}, NESTED,
        "a={\"b\":{\"c\":1}}|d=[{\"x\":\"y\"},[2],\"z\"]|e=[]", 0},
    {"ExpandArray, ExpandDepth 2", {GIVEN, {"ExpandArray", "true"}, {"ExpandDepth", "2"}},
        "s={\"d\":[{\"x\":{\"y\":1}}]}", "d[0]_x={\"y\":1}", 0},
    {"ExpandConnector", {GIVEN, {"ExpandConnector", "->"}}, "s={\"a\":{\"b\":1}}", "a->b=1", 0},
    {"no connector", {GIVEN, {"ExpandConnector", ""}}, "s={\"a\":{\"b\":1}}", "ab=1", 0},
    {"Prefix", {GIVEN, {"Prefix", "p."}}, "s={\"a\":{\"b\":1}}", "p.a_b=1", 0},
    {"UseSourceKeyAsPrefix",
        {{"SourceKey", "s"}, {"UseSourceKeyAsPrefix", "true"}, {"KeepSource", "false"},
            {"Prefix", "j"}},
        "s={\"a\":{\"b\":1}}", "js_a_b=1", 0},
    {"a member named like the source", {GIVEN}, "s={\"s\":1}", "s=1", 0},
    {"the same member twice", {GIVEN}, "s={\"a\":1,\"a\":2}", "a=1|a=2", 0},
    {"empty keys and values", {GIVEN}, "s={\"\":\"\",\"a\":{\"\":1}}", "=|a_=1", 0},
    {"an empty object", {GIVEN}, "x=1|s={}", "x=1", 0},
    {"other fields stay before it", {GIVEN}, "s={\"a\":1}|x=2", "x=2|a=1", 0},
    {"only the first source", {GIVEN}, "s={\"a\":1}|s=2", "s=2|a=1", 0},
    {"no such key", {GIVEN}, "x=1", "x=1", 1},
    {"NoKeyError false", {GIVEN, {"NoKeyError", "false"}}, "x=1", "x=1", 0},
    {"escapes", {GIVEN}, "s={\"a\":\"\\\"\\\\\\/\\b\\f\\n\\r\\tx\"}", "a=\"\\/\b\f\n\r\tx", 0},
    {"escapes in keys", {GIVEN}, "s={\"a\\n\":{\"\\u0062\":1}}", "a\n_b=1", 0},
    {"escapes in raw text stay", {GIVEN}, "s={\"a\":[\"\\n\"]}", "a=[\"\\n\"]", 0},
    {"unicode", {GIVEN}, "s={\"a\":\"\\u00e4\\u20ac\\uD83D\\uDE00\"}",
        "a=\303\244\342\202\254\360\237\230\200", 0},
    {"halves of surrogates", {GIVEN}, "s={\"a\":\"\\ud83dx\\ude00\\ud83d\\ud83d\\ude00\"}",
        "a=\357\277\275x\357\277\275\357\277\275\360\237\230\200", 0},
    {"half a surrogate at the end", {GIVEN}, "s={\"a\":\"\\ud83d\"}", "a=\357\277\275", 0},
    {"bare control characters", {GIVEN}, "s={\"a\":\"\t\001\"}", "a=\t\001", 0},
    {"bytes that are not UTF-8", {GIVEN}, "s={\"\377\":\"\300\"}", "\377=\300", 0},
    {"zero, and minus zero", {GIVEN}, "s={\"a\":0,\"b\":-0,\"c\":0.0}", "a=0|b=-0|c=0.0", 0},
    {"a large number", {GIVEN}, "s={\"a\":123456789012345678901234567890}",
        "a=123456789012345678901234567890", 0},
    {"members before a fault stay", {GIVEN}, "s={\"a\":1,\"b\":x}", "s={\"a\":1,\"b\":x}|a=1", 1},
    {"KeepSourceIfParseError false", {GIVEN, {"KeepSourceIfParseError", "false"}}, "s=x|y=1", "y=1",
        1},
    {"KeepSource is stronger", {{"SourceKey", "s"}, {"KeepSourceIfParseError", "false"}}, "s=x",
        "s=x", 1},
};

/* Not JSON objects: the log stays as it was. */
static const char *const wrong[] = {
    "",
    " ",
    "hello",
    "1",
    "\"a\"",
    "[]",
    "[{}]",
    "null",
    "{",
    "}",
    "{]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":,}",
    "{,}",
    "{a:1}",
    "{'a':1}",
    "{\"a\" 1}",
    "{\"a\":01}",
    "{\"a\":-}",
    "{\"a\":+1}",
    "{\"a\":.5}",
    "{\"a\":1.}",
    "{\"a\":1e}",
    "{\"a\":1e+}",
    "{\"a\":1.2.3}",
    "{\"a\":0x1}",
    "{\"a\":tru}",
    "{\"a\":True}",
    "{\"a\":nul}",
    "{\"a\":NaN}",
    "{\"a\":\"}",
    "{\"a\":\"\\\"}",
    "{\"a\":\"\\x\"}",
    "{\"a\":\"\\u12\"}",
    "{\"a\":\"\\u12g4\"}",
    "{\"\\u\":1}",
    "{\"a\":[}",
    "{\"a\":[1,]}",
    "{\"a\":[1 2]}",
    "{\"a\":[1",
    "{\"a\":{\"b\":",
    "\357\273\277{}",
};

START_TEST(json_row)
{
    processing_check("processor_json", &rows[_i]);
}
END_TEST

START_TEST(wrong_row)
{
    struct buf in = {0};
    const struct processing_row row = {wrong[_i], {GIVEN, {"ExpandArray", "true"}}, NULL, NULL, 1};

    buf_printf(&in, "k=v|s=%s", wrong[_i]);
    ck_assert(processing_create("processor_json", row.given));
    processing_add(buf_text(&in));
    processing_run();
    ck_assert_uint_eq(test.processor->n_failed, 1);
    ck_assert_int_eq(strncmp(processing_show(0), buf_text(&in), in.size), 0);
    buf_finish(&in);
}
END_TEST

static const char *const garbage_behind[] = {
    "{\"a\":1}x", "{\"a\":1}}", "{\"a\":1},", "{\"a\":1}{}"};

START_TEST(nothing_may_follow)
{
    static const struct given given[] = {GIVEN, {0}};

    ck_assert(processing_create("processor_json", given));
    processing_add_bytes("s", garbage_behind[_i], strlen(garbage_behind[_i]));
    processing_add_bytes("s", "{\"a\":1}\0", 8);
    processing_run();
    ck_assert_uint_eq(test.processor->n_failed, 2);
    ck_assert_uint_eq(test.batch->logs[0].n_contents, 2);
}
END_TEST

START_TEST(escaped_nul)
{
    static const struct given given[] = {GIVEN, {0}};
    static const char text[] = "{\"a\\u0000b\":\"\\u0000\"}";
    const struct weir_kv *content;

    ck_assert(processing_create("processor_json", given));
    processing_add_bytes("s", text, sizeof text - 1);
    processing_run();
    content = &test.batch->logs[0].contents[0];
    ck_assert_uint_eq(content->key.size, 3);
    ck_assert_mem_eq(content->key.data, "a\0b", 3);
    ck_assert_uint_eq(content->value.size, 1);
    ck_assert_int_eq(content->value.data[0], 0);
}
END_TEST

/* depth times {"a": around 1, or [ ] around it. */
static char *make_nested(unsigned depth, bool arrays)
{
    struct buf text = {0};

    if (arrays)
        buf_puts(&text, "{\"a\":");
    for (unsigned i = 0; i < depth; i++)
        buf_puts(&text, arrays ? "[" : "{\"a\":");
    buf_puts(&text, "1");
    for (unsigned i = 0; i < depth; i++)
        buf_putc(&text, arrays ? ']' : '}');
    if (arrays)
        buf_putc(&text, '}');
    return buf_take(&text);
}

static const struct {
    unsigned depth;
    bool arrays;
    const char *expand_depth;
    unsigned n_failed;
} nested[] = {
    {JSON_DEPTH_MAX, false, "0", 0},
    {JSON_DEPTH_MAX + 1, false, "0", 1},
    {JSON_DEPTH_MAX, false, "1", 0},
    {JSON_DEPTH_MAX + 1, false, "1", 1},
    {100000, false, "0", 1},
    {100000, false, "1", 1},
    {JSON_DEPTH_MAX - 1, true, "0", 0},
    {JSON_DEPTH_MAX, true, "0", 1},
    {100000, true, "0", 1},
};

START_TEST(nested_row)
{
    const struct given given[] = {GIVEN, {"ExpandDepth", nested[_i].expand_depth}, {0}};
    char *text = make_nested(nested[_i].depth, nested[_i].arrays);

    ck_assert(processing_create("processor_json", given));
    processing_add_bytes("s", text, strlen(text));
    free(text);
    processing_run();
    ck_assert_uint_eq(test.processor->n_failed, nested[_i].n_failed);
}
END_TEST

START_TEST(long_keys_of_many_members_are_bounded)
{
    enum { KEY = 100000, MEMBERS = 50000 };
    static const struct given given[] = {GIVEN, {0}};
    struct buf text = {0};
    size_t before = memory_used(test.memory), size;

    buf_puts(&text, "{\"");
    memset(buf_reserve(&text, KEY), 'k', KEY);
    text.size += KEY;
    buf_puts(&text, "\":{\"m0\":1");
    for (int i = 1; i < MEMBERS; i++)
        buf_printf(&text, ",\"m%d\":1", i);
    buf_puts(&text, "}}");
    size = text.size;
    ck_assert(processing_create("processor_json", given));
    processing_add_bytes("s", text.data, size);
    buf_finish(&text);
    processing_run();
    ck_assert_uint_eq(test.processor->n_failed, 1);
    ck_assert_uint_gt(test.batch->logs[0].n_contents, 20);
    ck_assert_uint_lt(memory_used(test.memory) - before, 40 * size);
}
END_TEST

/* More keys than are remembered, and the same ones again in another order. */
START_TEST(many_members)
{
    enum { MEMBERS = 3000 };
    static const struct given given[] = {GIVEN, {0}};
    char expected[64];

    ck_assert(processing_create("processor_json", given));
    for (int round = 0; round < 3; round++) {
        struct buf text = {0};

        buf_putc(&text, '{');
        for (int i = 0; i < MEMBERS; i++)
            buf_printf(
                &text, "%s\"o%d\":{\"m\":%d}", i ? "," : "", round == 1 ? MEMBERS - 1 - i : i, i);
        buf_putc(&text, '}');
        processing_add_bytes("s", text.data, text.size);
        buf_finish(&text);
    }
    processing_run();
    for (int i = 0; i < MEMBERS; i++) {
        const struct weir_kv *content = &test.batch->logs[1].contents[i];

        ck_assert_uint_eq(test.batch->logs[1].n_contents, MEMBERS);
        snprintf(expected, sizeof expected, "o%d_m", MEMBERS - 1 - i);
        ck_assert(str_equal(content->key, str_of(expected)));
        snprintf(expected, sizeof expected, "%d", i);
        ck_assert(str_equal(content->value, str_of(expected)));
        ck_assert(
            str_equal(test.batch->logs[0].contents[i].key, test.batch->logs[2].contents[i].key));
    }
    ck_assert_uint_eq(test.processor->n_failed, 0);
}
END_TEST

START_TEST(equal_members_of_different_objects)
{
    static const struct given given[] = {GIVEN, {0}};
    static const char in[] = "s={\"a\":{\"x\":1},\"b\":{\"x\":2},\"x\":3,\"c\":{\"a\":{\"x\":4}}}";

    ck_assert(processing_create("processor_json", given));
    for (int round = 0; round < 2; round++) {
        processing_next();
        for (int i = 0; i < 3; i++)
            processing_add(in);
        processing_run();
        for (uint32_t i = 0; i < 3; i++)
            ck_assert_str_eq(processing_show(i), "a_x=1|b_x=2|x=3|c_a_x=4");
        ck_assert_ptr_eq(
            test.batch->logs[0].contents[3].key.data, test.batch->logs[2].contents[3].key.data);
    }
}
END_TEST

START_TEST(values_are_slices)
{
    static const struct given given[] = {GIVEN, {0}};
    const char *source;

    ck_assert(processing_create("processor_json", given));
    processing_add("s={\"a\":\"text\"}");
    source = test.batch->logs[0].contents[0].value.data;
    processing_run();
    ck_assert_ptr_eq(test.batch->logs[0].contents[0].value.data, source + 6);
}
END_TEST

/* Any bytes: nothing is read or written out of bounds (the sanitizers look), and
 * what was valid once is so again. */
START_TEST(mutilated_text)
{
    static const struct given given[] = {GIVEN, {"ExpandArray", "true"}, {0}};
    static const char seed[] =
        "{\"a\":{\"b\\u20ac\":[1,{\"c\":\"\\ud83d\\ude00\"}],\"d\":-1.5e3},\"e\":[\"\\\\\",null]}";
    char text[sizeof seed];

    ck_assert(processing_create("processor_json", given));
    srandom(1);
    for (int i = 0; i < 20000; i++) {
        size_t size = sizeof seed - 1;
        char *copy;

        memcpy(text, seed, size);
        for (long n = random() % 3; n >= 0; n--)
            text[(size_t)random() % size] = "{}[]\",:\\ud0\0\377"[random() % 13];
        if (random() % 4 == 0)
            size = (size_t)random() % size;
        copy = mem_strndup("", 0);
        copy = mem_realloc(copy, size + 1, 1);
        memcpy(copy, text, size);
        batch_add_content(
            test.batch, batch_add_log(test.batch, 1), str_of("s"), (struct weir_str){copy, size});
        processing_run();
        processing_next();
        free(copy);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("json");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, json_row, 0, ARRAY_SIZE(rows));
    tcase_add_loop_test(tests, wrong_row, 0, ARRAY_SIZE(wrong));
    tcase_add_loop_test(tests, nothing_may_follow, 0, ARRAY_SIZE(garbage_behind));
    tcase_add_test(tests, escaped_nul);
    tcase_add_loop_test(tests, nested_row, 0, ARRAY_SIZE(nested));
    tcase_add_test(tests, long_keys_of_many_members_are_bounded);
    tcase_add_test(tests, many_members);
    tcase_add_test(tests, equal_members_of_different_objects);
    tcase_add_test(tests, values_are_slices);
    tcase_add_test(tests, mutilated_text);
    return unit_run(tests);
}
