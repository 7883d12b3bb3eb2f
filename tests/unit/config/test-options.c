#include <check.h>
#include <stdio.h>
#include <string.h>
#include "base/util.h"
#include "config/document.h"
#include "config/options.h"
#include "config/suggest.h"
#include "config/units.h"
#include "unit.h"

struct inner {
    struct weir_str user, password;
    bool has_user;
};

struct login {
    struct weir_str name;
};

struct rule {
    struct weir_str pattern;
    bool reverse;
};

struct sample {
    bool flag, has_login;
    int64_t number;
    uint64_t count, bytes, wait_ns;
    double share;
    struct weir_str url;
    uint32_t mode;
    struct weir_str_list list;
    struct weir_str_map map;
    struct inner auth;
    struct weir_object_list items;
    struct weir_str raw;
    struct weir_str secret;
    struct login login;
    struct weir_str rules, one;
    struct weir_str_list some;
    struct weir_str_map named;
};

static const char *const modes[] = {"fast", "safe", NULL};

static const struct weir_option inner_rows[] = {
    {"User", WEIR_OPTION_STRING, 0, offsetof(struct inner, user), offsetof(struct inner, has_user),
        "nobody", NULL, NULL, NULL, NULL, NULL, 0, 0, NULL, NULL, NULL, NULL},
    WEIR_OPTION_STRING_ROW(struct inner, password, "Password", WEIR_SECRET, NULL, "h"),
};

static const struct weir_option login_rows[] = {
    WEIR_OPTION_STRING_ROW(struct login, name, "Name", WEIR_REQUIRED, NULL, "h"),
};

static const struct weir_option rule_rows[] = {
    WEIR_OPTION_STRING_ROW(
        struct rule, pattern, "Pattern", WEIR_REQUIRED | WEIR_PATTERN, NULL, "h"),
    WEIR_OPTION_BOOL_ROW(struct rule, reverse, "Reverse", "false", "h"),
};

#define ROW(MEMBER, NAME, TYPE, FLAGS, DEFAULT, MIN, MAX) \
    WEIR_OPTION(struct sample, MEMBER, NAME, TYPE, FLAGS, DEFAULT, MIN, MAX, NULL, "h")

static const struct weir_option rows[] = {
    ROW(flag, "Flag", WEIR_OPTION_BOOL, 0, "true", NULL, NULL),
    ROW(number, "Number", WEIR_OPTION_INT, 0, "-3", "-5", "5"),
    ROW(count, "Count", WEIR_OPTION_UINT, 0, "7", NULL, NULL),
    ROW(bytes, "Bytes", WEIR_OPTION_SIZE, 0, "64KiB", "1KiB", "1MiB"),
    ROW(wait_ns, "Wait", WEIR_OPTION_DURATION, 0, "1m30s", NULL, "1h"),
    ROW(share, "Share", WEIR_OPTION_FLOAT, 0, "0.5", "0", "1"),
    ROW(url, "RemoteURL", WEIR_OPTION_STRING, WEIR_REQUIRED, NULL, NULL, NULL),
    WEIR_OPTION_ENUM_ROW(struct sample, mode, "Mode", modes, "safe", "h"),
    ROW(list, "List", WEIR_OPTION_STRING_LIST, 0, "[\"a\",\"b\"]", NULL, NULL),
    ROW(map, "Map", WEIR_OPTION_STRING_MAP, 0, NULL, NULL, NULL),
    WEIR_OPTION_OBJECT_ROW(struct sample, auth, "Auth", 0, inner_rows, struct inner, "h"),
    WEIR_OPTION_OBJECT_LIST_ROW(struct sample, items, "Items", 0, inner_rows, struct inner, "h"),
    ROW(raw, "Raw", WEIR_OPTION_JSON, 0, NULL, NULL, NULL),
    ROW(secret, "Secret", WEIR_OPTION_STRING, WEIR_SECRET, NULL, NULL, NULL),
    {"Login", WEIR_OPTION_OBJECT, 0, offsetof(struct sample, login),
        offsetof(struct sample, has_login), NULL, NULL, NULL, NULL, NULL, login_rows, 1,
        sizeof(struct login), "h", NULL, NULL, NULL},
    WEIR_OPTION_JSON_MAP_ROW(struct sample, rules, "Rules", rule_rows, struct rule, NULL, "h"),
    ROW(one, "One", WEIR_OPTION_STRING, WEIR_PATTERN, NULL, NULL, NULL),
    ROW(some, "Some", WEIR_OPTION_STRING_LIST, WEIR_PATTERN, NULL, NULL, NULL),
    ROW(named, "Named", WEIR_OPTION_STRING_MAP, WEIR_PATTERN, NULL, NULL, NULL),
};

static const char *const absent[] = {"Elsewhere", NULL};

static const struct config_class class = {
    .type = "flusher_sample",
    .options = rows,
    .n_options = ARRAY_SIZE(rows),
    .option_stride = sizeof rows[0],
    .options_size = sizeof(struct sample),
    .absent = absent,
};

static struct diag_list diags;
static struct document *document;

static struct options *fill(const char *text, bool compat)
{
    struct options_request request = {.class = &class, .compat = compat};

    document = document_parse("t.json", text, strlen(text), &diags);
    ck_assert_ptr_nonnull(document);
    request.object = document->root;
    request.place = document->root->place;
    return options_fill(&request, &diags);
}

static void teardown(void)
{
    document_destroy(document);
    document = NULL;
    diag_list_finish(&diags);
}

START_TEST(defaults_are_filled_in)
{
    struct options *options = fill("{\"RemoteURL\": \"u\"}", false);
    struct sample *sample = options->values;

    ck_assert(sample->flag);
    ck_assert_int_eq(sample->number, -3);
    ck_assert_uint_eq(sample->bytes, 65536);
    ck_assert_uint_eq(sample->wait_ns, 90 * NS_PER_S);
    ck_assert_double_eq(sample->share, 0.5);
    ck_assert_uint_eq(sample->mode, 1);
    ck_assert_uint_eq(sample->list.count, 2);
    ck_assert_str_eq(sample->list.items[1].data, "b");
    ck_assert_str_eq(sample->auth.user.data, "nobody");
    ck_assert(!sample->auth.has_user);
    ck_assert_uint_eq(diags.count, 0);
    ck_assert_ptr_nonnull(strstr(options->json, "\"Auth\":{\"User\":\"nobody\"}"));
    options_destroy(options);
}
END_TEST

START_TEST(every_type_is_filled)
{
    struct options *options =
        fill("{\"FLAG\": false, \"number\": 5.0, \"Count\": 18446744073709551615,"
             "\"Bytes\": 2048, \"Wait\": \"500ms\", \"Share\": 1, \"RemoteURL\": \"a\\u0000b\","
             "\"Mode\": \"fast\", \"List\": [], \"Map\": {\"z\": \"1\", \"a\": \"2\"},"
             "\"Auth\": {\"User\": \"me\"}, \"Items\": [{\"User\": \"x\"}, {}],"
             "\"Raw\": {\"a\": [1, null]}, \"x-note\": 1, \"$schema\": \"s\"}",
            false);
    struct sample *sample = options->values;
    const struct inner *items = sample->items.items;

    ck_assert(!sample->flag);
    ck_assert_int_eq(sample->number, 5);
    ck_assert_uint_eq(sample->count, UINT64_MAX);
    ck_assert_uint_eq(sample->bytes, 2048);
    ck_assert_uint_eq(sample->wait_ns, 500 * NS_PER_MS);
    ck_assert_uint_eq(sample->url.size, 3);
    ck_assert_mem_eq(sample->url.data, "a\0b", 4);
    ck_assert_uint_eq(sample->mode, 0);
    ck_assert_uint_eq(sample->list.count, 0);
    ck_assert_str_eq(sample->map.items[0].key.data, "z");
    ck_assert_str_eq(sample->map.items[1].value.data, "2");
    ck_assert(sample->auth.has_user);
    ck_assert_uint_eq(sample->items.count, 2);
    ck_assert_str_eq(items[0].user.data, "x");
    ck_assert_str_eq(items[1].user.data, "nobody");
    ck_assert_str_eq(sample->raw.data, "{\"a\":[1,null]}");
    ck_assert_uint_eq(diags.count, 0);
    options_destroy(options);
}
END_TEST

/* One mistake a row: which code, in which column, and what is suggested. */
static const struct {
    const char *text, *code;
    unsigned column;
    const char *suggestion;
} mistakes[] = {
    {"{}", "W1204", 1, NULL},
    {"{\"RemoteURL\": \"\"}", "W1204", 15, NULL},
    {"{\"RemoteURL\": null}", "W1204", 1, NULL},
    {"{\"RemoteURL\": 5}", "W1201", 15, NULL},
    {"{\"RemotURL\": \"u\", \"RemoteURL\": \"u\"}", "W1003", 2, "did you mean 'RemoteURL'?"},
    {"{\"url\": \"u\", \"RemoteURL\": \"u\"}", "W1003", 2, "did you mean 'RemoteURL'?"},
    {"{\"RemoteURL\": \"u\", \"Number\": 6}", "W1202", 30, NULL},
    {"{\"RemoteURL\": \"u\", \"Number\": -6}", "W1202", 30, NULL},
    {"{\"RemoteURL\": \"u\", \"Number\": 5.5}", "W1201", 30, NULL},
    {"{\"RemoteURL\": \"u\", \"Number\": \"5\"}", "W1201", 30, NULL},
    {"{\"RemoteURL\": \"u\", \"Count\": -1}", "W1202", 29, NULL},
    {"{\"RemoteURL\": \"u\", \"Bytes\": \"2MiB\"}", "W1202", 29, NULL},
    {"{\"RemoteURL\": \"u\", \"Bytes\": \"2 apples\"}", "W1206", 29, NULL},
    {"{\"RemoteURL\": \"u\", \"Wait\": \"10\"}", "W1205", 28, NULL},
    {"{\"RemoteURL\": \"u\", \"Wait\": \"2h\"}", "W1202", 28, NULL},
    {"{\"RemoteURL\": \"u\", \"Wait\": -5}", "W1202", 28, NULL},
    {"{\"RemoteURL\": \"u\", \"Mode\": \"Fast\"}", "W1203", 28, NULL},
    {"{\"RemoteURL\": \"u\", \"List\": [1]}", "W1201", 29, NULL},
    {"{\"RemoteURL\": \"u\", \"List\": \"a\"}", "W1201", 28, NULL},
    {"{\"RemoteURL\": \"u\", \"Map\": {\"a\": 1}}", "W1201", 33, NULL},
    {"{\"RemoteURL\": \"u\", \"Auth\": {\"Usr\": \"a\"}}", "W1003", 29, "did you mean 'User'?"},
    {"{\"RemoteURL\": \"u\", \"Items\": [{\"User\": 1}]}", "W1201", 39, NULL},
    {"{\"RemoteURL\": \"u\", \"Login\": {}}", "W1204", 29, NULL},
    {"{\"RemoteURL\": \"u\", \"remoteURL\": \"u\"}", "W1005", 20, NULL},
    {"{\"RemoteURL\": \"u\", \"Mode\": \"fast\\u0000\"}", "W1203", 28, NULL},
    {"{\"RemoteURL\": \"u\", \"Number\": 1e300}", "W1201", 30, NULL},
    {"{\"RemoteURL\": \"u\", \"Raw\": [\"${env:WEIR_TEST_NOT_SET}\"]}", "W1301", 27, NULL},
    {"{\"RemoteURL\": \"${env:WEIR_TEST_NOT_SET}\"}", "W1301", 15, NULL},
    {"{\"RemoteURL\": \"${file:/not/there}\"}", "W1302", 15, NULL},
    {"{\"RemoteURL\": \"${HOME}\"}", "W1303", 15, NULL},
    {"{\"RemoteURL\": \"a${env:HOME\"}", "W1303", 15, NULL},
    {"{\"RemoteURL\": \"u\", \"One\": \"a(\"}", "W1208", 27, NULL},
    {"{\"RemoteURL\": \"u\", \"Some\": [\"a\", \"[\"]}", "W1208", 34, NULL},
    {"{\"RemoteURL\": \"u\", \"Named\": {\"a\": \"b\", \"c\": \"*\"}}", "W1208", 45, NULL},
    {"{\"RemoteURL\": \"u\", \"One\": \"${env:WEIR_TEST_BRACKET}\"}", "W1208", 27, NULL},
    {"{\"RemoteURL\": \"u\", \"Rules\": {\"a\": {\"Pattern\": \"(\"}}}", "W1208", 47, NULL},
    {"{\"RemoteURL\": \"u\", \"Rules\": {\"a\": {\"Pattrn\": \"b\", \"Pattern\": \"b\"}}}", "W1003",
        36, "did you mean 'Pattern'?"},
    {"{\"RemoteURL\": \"u\", \"Rules\": {\"a\": {\"Reverse\": true}}}", "W1204", 35, NULL},
    {"{\"RemoteURL\": \"u\", \"Rules\": {\"a\": {\"Pattern\": \"b\", \"Reverse\": 1}}}", "W1201",
        63, NULL},
    {"{\"RemoteURL\": \"u\", \"Rules\": {\"a\": \"b\"}}", "W1201", 35, NULL},
    {"{\"RemoteURL\": \"u\", \"Rules\": [1]}", "W1201", 29, NULL},
    {"{\"RemoteURL\": \"u\", \"Elsewhere\": true}", "W1003", 20, NULL},
    {"{\"RemoteURL\": \"u\", \"Elsewhere\": 0.5}", "W1003", 20, NULL},
    {"{\"RemoteURL\": \"u\", \"Auth\": {\"Elsewhere\": 0}}", "W1003", 29, NULL},
};

START_TEST(mistake_is_told_with_its_place)
{
    struct options *options;

    setenv("WEIR_TEST_BRACKET", "[", 1);
    options = fill(mistakes[_i].text, false);
    ck_assert_msg(!options, "%s passes", mistakes[_i].text);
    ck_assert_uint_eq(diags.count, 1);
    ck_assert_str_eq(diags.items[0].code, mistakes[_i].code);
    ck_assert_uint_eq(diags.items[0].line, 1);
    ck_assert_uint_eq(diags.items[0].column, mistakes[_i].column);
    if (mistakes[_i].suggestion)
        ck_assert_str_eq(diags.items[0].suggestion, mistakes[_i].suggestion);
}
END_TEST

START_TEST(all_mistakes_are_told_at_once)
{
    ck_assert_ptr_null(fill("{\"Number\": 9, \"Bytes\": [], \"Mod\": 1}", false));
    ck_assert_uint_eq(diags.n_errors, 4);
}
END_TEST

START_TEST(compat_makes_unknown_keys_warnings)
{
    struct options *options = fill("{\"RemoteURL\": \"u\", \"Mod\": 1}", true);

    ck_assert_ptr_nonnull(options);
    ck_assert_uint_eq(diags.n_warnings, 1);
    options_destroy(options);
}
END_TEST

START_TEST(references_take_the_options_type)
{
    struct options *options;
    struct sample *sample;

    setenv("WEIR_TEST_NUMBER", "4", 1);
    setenv("WEIR_TEST_WAIT", "2s", 1);
    options = fill("{\"RemoteURL\": \"http://${env:WEIR_TEST_NUMBER}/$${x}\","
                   "\"Number\": \"${env:WEIR_TEST_NUMBER}\", \"Wait\": \"${env:WEIR_TEST_WAIT}\","
                   "\"List\": [\"n${env:WEIR_TEST_NUMBER}\"]}",
        false);
    sample = options->values;
    ck_assert_str_eq(sample->url.data, "http://4/${x}");
    ck_assert_int_eq(sample->number, 4);
    ck_assert_uint_eq(sample->wait_ns, 2 * NS_PER_S);
    ck_assert_str_eq(sample->list.items[0].data, "n4");
    options_destroy(options);
}
END_TEST

/* Parts of lists and maps are strings, whatever they look like. */
START_TEST(references_in_lists_and_maps_stay_strings)
{
    struct options *options;
    struct sample *sample;

    setenv("WEIR_TEST_NUMBER", "4", 1);
    options = fill("{\"RemoteURL\": \"u\", \"List\": [\"${env:WEIR_TEST_NUMBER}\"],"
                   "\"Map\": {\"a\": \"${env:WEIR_TEST_NUMBER}\"},"
                   "\"Raw\": [{\"b\": \"<${env:WEIR_TEST_NUMBER}>\"}]}",
        false);
    ck_assert_ptr_nonnull(options);
    sample = options->values;
    ck_assert_str_eq(sample->list.items[0].data, "4");
    ck_assert_str_eq(sample->map.items[0].value.data, "4");
    ck_assert_str_eq(sample->raw.data, "[{\"b\":\"<4>\"}]");
    options_destroy(options);
}
END_TEST

START_TEST(references_stand_for_lists_and_objects)
{
    struct options *options;
    struct sample *sample;

    setenv("WEIR_TEST_LIST", "[\"x\",\"y\"]", 1);
    setenv("WEIR_TEST_ITEMS", "[{\"User\":\"a\"},{}]", 1);
    setenv("WEIR_TEST_AUTH", "{\"user\":\"me\"}", 1);
    options = fill("{\"RemoteURL\": \"u\", \"List\": \"${env:WEIR_TEST_LIST}\","
                   "\"Items\": \"${env:WEIR_TEST_ITEMS}\", \"Auth\": \"${env:WEIR_TEST_AUTH}\"}",
        false);
    ck_assert_ptr_nonnull(options);
    sample = options->values;
    ck_assert_uint_eq(sample->list.count, 2);
    ck_assert_uint_eq(sample->items.count, 2);
    ck_assert_str_eq(sample->auth.user.data, "me");
    options_destroy(options);
    teardown();
    setenv("WEIR_TEST_AUTH", "{\"Usr\":\"me\"}", 1);
    ck_assert_ptr_null(fill("{\"RemoteURL\": \"u\", \"Auth\": \"${env:WEIR_TEST_AUTH}\"}", false));
    ck_assert_str_eq(diags.items[0].code, "W1003");
    ck_assert_uint_eq(diags.items[0].column, 28);
}
END_TEST

/* The text stays as it was written; its members have been looked at. */
START_TEST(maps_of_objects_come_as_json)
{
    struct options *options;
    struct sample *sample;

    setenv("WEIR_TEST_RULES", "{\"a\":{\"Pattern\":\"(\"}}", 1);
    options =
        fill("{\"RemoteURL\": \"u\", \"Rules\": {\"a\": {\"pattern\": \"^b$\"}, \"A\": "
             "{\"Pattern\": \"c\", \"Reverse\": true}}, \"One\": \"\", \"Some\": [\"a+\", \"\"]}",
            false);
    ck_assert_ptr_nonnull(options);
    sample = options->values;
    ck_assert_str_eq(sample->rules.data,
        "{\"a\":{\"pattern\":\"^b$\"},\"A\":{\"Pattern\":\"c\",\"Reverse\":true}}");
    options_destroy(options);
    teardown();
    ck_assert_ptr_null(
        fill("{\"RemoteURL\": \"u\", \"Rules\": \"${env:WEIR_TEST_RULES}\"}", false));
    ck_assert_str_eq(diags.items[0].code, "W1208");
    ck_assert_uint_eq(diags.items[0].column, 29);
    ck_assert_uint_eq(diags.count, 1);
}
END_TEST

/* false, 0, and what is empty. */
START_TEST(what_asks_for_nothing_is_a_note)
{
    static const char *const nothing[] = {"false", "0", "0.0", "null", "\"\"", "[]", "{}"};
    char text[128];

    for (size_t i = 0; i < ARRAY_SIZE(nothing); i++) {
        struct options *options;

        snprintf(text, sizeof text, "{\"RemoteURL\": \"u\", \"elsewhere\": %s}", nothing[i]);
        options = fill(text, false);
        ck_assert_ptr_nonnull(options);
        ck_assert_uint_eq(diags.count, 1);
        ck_assert_str_eq(diags.items[0].code, "W1311");
        ck_assert_ptr_null(strstr(options->json, "lsewhere"));
        options_destroy(options);
        teardown();
    }
}
END_TEST

/* What is required in an object is required only if the object is given. */
START_TEST(absent_objects_may_be_absent)
{
    struct options *options = fill("{\"RemoteURL\": \"u\"}", false);
    struct sample *sample = options->values;

    ck_assert(!sample->has_login);
    ck_assert_str_eq(sample->login.name.data, "");
    ck_assert_str_eq(sample->secret.data, ""); /* never NULL */
    ck_assert_str_eq(sample->raw.data, "");
    options_destroy(options);
    teardown();
    options = fill("{\"RemoteURL\": \"u\", \"Login\": {\"Name\": \"n\"}}", false);
    sample = options->values;
    ck_assert(sample->has_login);
    options_destroy(options);
}
END_TEST

START_TEST(maps_keep_keys_that_differ_in_case)
{
    struct options *options =
        fill("{\"RemoteURL\": \"u\", \"Map\": {\"Key\": \"1\", \"kEY\": \"2\"}}", false);
    struct sample *sample = options->values;

    ck_assert_uint_eq(sample->map.count, 2);
    options_destroy(options);
}
END_TEST

/* One way to write each value, whatever the user chose. */
START_TEST(json_is_canonical)
{
    struct options *options =
        fill("{\"remoteurl\": \"u\", \"Number\": 5.0, \"Wait\": \"500ms\", \"Bytes\": \"4KiB\","
             "\"Share\": 1, \"Login\": {\"name\": \"n\"}}",
            false);

    ck_assert_str_eq(options->json,
        "{\"Flag\":true,\"Number\":5,\"Count\":7,\"Bytes\":4096,\"Wait\":500000000,\"Share\":1,"
        "\"RemoteURL\":\"u\",\"Mode\":\"safe\",\"List\":[\"a\",\"b\"],"
        "\"Auth\":{\"User\":\"nobody\"},\"Login\":{\"Name\":\"n\"}}");
    ck_assert_uint_eq(options->json_size, strlen(options->json));
    options_destroy(options);
}
END_TEST

START_TEST(what_references_stand_for_is_not_shown)
{
    setenv("WEIR_TEST_HIDDEN", "hunter2", 1);
    ck_assert_ptr_null(
        fill("{\"RemoteURL\": \"u\", \"Number\": \"${env:WEIR_TEST_HIDDEN}\"}", false));
    ck_assert_ptr_null(strstr(diags.items[0].message, "hunter2"));
    ck_assert_ptr_nonnull(strstr(diags.items[0].message, "${env:WEIR_TEST_HIDDEN}"));
}
END_TEST

START_TEST(misspelt_secrets_are_not_shown)
{
    ck_assert_ptr_null(fill("{\"RemoteURL\": \"u\",\n \"Secrt\": \"hunter2\"}", false));
    ck_assert(diag_is_secret_line(&diags, 2));
    teardown();
    ck_assert_ptr_null(fill("{\"RemoteURL\": \"u\",\n\n \"Auth\": \"hunter2\"}", false));
    ck_assert_ptr_null(strstr(diags.items[diags.count - 1].message, "hunter2"));
    ck_assert(diag_is_secret_line(&diags, 3));
}
END_TEST

START_TEST(secrets_are_not_shown)
{
    ck_assert_ptr_null(fill("{\"RemoteURL\": \"u\", \"Secret\": [\"hunter2\"]}", false));
    ck_assert_ptr_null(strstr(diags.items[0].message, "hunter2"));
    document_show_lines("t.json", document->text, document->size, 0, &diags);
    ck_assert_ptr_null(diags.items[0].source_line);
}
END_TEST

static const struct {
    const char *text;
    bool good;
    uint64_t ns;
} durations[] = {{"10s", true, 10 * NS_PER_S}, {"1m30s", true, 90 * NS_PER_S},
    {"1.5h", true, 5400 * NS_PER_S}, {"0", true, 0}, {"500ms", true, 500 * NS_PER_MS},
    {"1d", true, 86400 * NS_PER_S}, {"", false, 0}, {"10", false, 0}, {"10 s", false, 0},
    {"s", false, 0}, {"-1s", false, 0}, {"1M", false, 0}, {"99999999999999h", false, 0},
    {"1.s", false, 0}};

START_TEST(durations_parse)
{
    uint64_t ns = 0;

    ck_assert_msg(
        duration_parse(durations[_i].text, strlen(durations[_i].text), &ns) == durations[_i].good,
        "%s", durations[_i].text);
    if (durations[_i].good)
        ck_assert_uint_eq(ns, durations[_i].ns);
}
END_TEST

/* One unsound table a row: a member of the row changed, and a word of the reason. */
START_TEST(unsound_tables_are_refused)
{
    struct {
        struct weir_option row;
        const char *reason;
    } bad[] = {
        {{.name = "A", .type = WEIR_OPTION_INT, .offset = 1}, "aligned"},
        {{.name = "A", .type = WEIR_OPTION_INT, .offset = 16}, "options_size"},
        {{.name = "A", .type = 99}, "no option type"},
        {{.name = "A", .type = WEIR_OPTION_INT, .default_text = "x"}, "default"},
        {{.name = "A", .type = WEIR_OPTION_INT, .default_text = "9", .max = "5"}, "default"},
        {{.name = "A", .type = WEIR_OPTION_INT, .min = "one"}, "min"},
        {{.name = "A", .type = WEIR_OPTION_INT, .min = "6", .max = "5"}, "min"},
        {{.name = "A", .type = WEIR_OPTION_SIZE, .min = "2KiB", .max = "1KiB"}, "min"},
        {{.name = "A", .type = WEIR_OPTION_BOOL, .min = "1"}, "min"},
        {{.name = "A", .type = WEIR_OPTION_ENUM}, "choices"},
        {{.name = "A", .type = WEIR_OPTION_OBJECT}, "fields"},
        {{.name = "", .type = WEIR_OPTION_BOOL}, "no name"},
        {{.name = "A", .type = WEIR_OPTION_BOOL, .present_offset = 16}, "present_offset"},
    };

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        struct config_class one = {.type = "t",
            .options = &bad[i].row,
            .n_options = 1,
            .option_stride = sizeof bad[i].row,
            .options_size = 16};
        char text[256] = "";

        if (!bad[i].row.present_offset)
            bad[i].row.present_offset = WEIR_NO_OFFSET;
        ck_assert_msg(options_check_table(&one, text, sizeof text) < 0, "row %zu passes", i);
        ck_assert_msg(strstr(text, bad[i].reason) != NULL, "row %zu: %s", i, text);
    }
}
END_TEST

#define NO_FLAG .present_offset = WEIR_NO_OFFSET

/* Two rows that get in each other's way. */
START_TEST(rows_do_not_collide)
{
    const struct weir_option bad[][2] = {
        {{.name = "A", .type = WEIR_OPTION_INT, NO_FLAG},
            {.name = "a", .type = WEIR_OPTION_INT, .offset = 8, NO_FLAG}},
        {{.name = "A", .type = WEIR_OPTION_STRING, NO_FLAG},
            {.name = "B", .type = WEIR_OPTION_INT, .offset = 8, NO_FLAG}},
    };
    const struct weir_option alias[] = {{.name = "A", .type = WEIR_OPTION_INT, NO_FLAG},
        {.name = "Old", .type = WEIR_OPTION_INT, .replaced_by = "A", NO_FLAG}};
    const struct weir_option nowhere[] = {{.name = "A", .type = WEIR_OPTION_INT, NO_FLAG},
        {.name = "Old", .type = WEIR_OPTION_INT, .offset = 8, .replaced_by = "B", NO_FLAG}};
    struct config_class two = {
        .type = "t", .n_options = 2, .option_stride = sizeof alias[0], .options_size = 16};
    char text[256] = "";

    for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
        two.options = bad[i];
        ck_assert_msg(options_check_table(&two, text, sizeof text) < 0, "table %zu passes", i);
    }
    two.options = nowhere;
    ck_assert_int_lt(options_check_table(&two, text, sizeof text), 0);
    two.options = alias;
    ck_assert_msg(options_check_table(&two, text, sizeof text) == 0, "%s", text);
}
END_TEST

/* The bool that says "given" would be written over an option; 0 is where it lies when a
 * row says nothing of it. */
START_TEST(flags_do_not_lie_in_options)
{
    const struct {
        struct weir_option rows[2];
        bool good;
    } tables[] = {
        {{{.name = "A", .type = WEIR_OPTION_INT},
             {.name = "B", .type = WEIR_OPTION_INT, .offset = 8, NO_FLAG}},
            false},
        {{{.name = "A", .type = WEIR_OPTION_INT, NO_FLAG},
             {.name = "B", .type = WEIR_OPTION_INT, .offset = 8}},
            false},
        {{{.name = "A", .type = WEIR_OPTION_INT, .present_offset = 15},
             {.name = "B", .type = WEIR_OPTION_INT, .offset = 8, NO_FLAG}},
            false},
        {{{.name = "A", .type = WEIR_OPTION_INT, .present_offset = 16},
             {.name = "B", .type = WEIR_OPTION_INT, .offset = 8, .present_offset = 17}},
            true},
        {{{.name = "A", .type = WEIR_OPTION_INT, .present_offset = 16},
             {.name = "B", .type = WEIR_OPTION_INT, .offset = 8, .present_offset = 16}},
            true}, /* one flag for both */
    };

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        struct config_class two = {.type = "t",
            .options = tables[i].rows,
            .n_options = 2,
            .option_stride = sizeof tables[i].rows[0],
            .options_size = 24};
        char text[256] = "";
        int r = options_check_table(&two, text, sizeof text);

        ck_assert_msg(tables[i].good ? !r : r < 0 && strstr(text, "present_offset"),
            "table %zu: %d %s", i, r, text);
    }
}
END_TEST

/* Only texts can be regular expressions, and the fields of a map are a table as others. */
START_TEST(what_came_with_1_1_is_looked_at)
{
    static const struct weir_option bad[] = {
        {.name = "B", .type = WEIR_OPTION_UINT, .flags = WEIR_PATTERN, NO_FLAG}};
    static const struct weir_option number[] = {
        {.name = "A", .type = WEIR_OPTION_INT, .flags = WEIR_PATTERN, NO_FLAG}};
    static const struct weir_option map[] = {{.name = "A",
        .type = WEIR_OPTION_JSON,
        .fields = bad,
        .n_fields = 1,
        .fields_size = 8,
        NO_FLAG}};
    static const struct weir_option *const tables[] = {number, map};

    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        struct config_class one = {.type = "t",
            .options = tables[i],
            .n_options = 1,
            .option_stride = sizeof tables[i][0],
            .options_size = 24};
        char text[256] = "";

        ck_assert_int_lt(options_check_table(&one, text, sizeof text), 0);
        ck_assert_ptr_nonnull(strstr(text, "WEIR_PATTERN"));
    }
}
END_TEST

START_TEST(sound_table_passes)
{
    char text[256] = "";

    ck_assert_msg(options_check_table(&class, text, sizeof text) == 0, "%s", text);
}
END_TEST

START_TEST(distances)
{
    ck_assert_uint_eq(suggest_distance("RemotURL", "RemoteURL"), 1);
    ck_assert_uint_eq(suggest_distance("ab", "ba"), 1);
    ck_assert_uint_eq(suggest_distance("", "abc"), 3);
    ck_assert_uint_eq(suggest_distance("FILEPATH", "filepath"), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("options");

    tcase_add_checked_fixture(tests, NULL, teardown);
    tcase_add_test(tests, defaults_are_filled_in);
    tcase_add_test(tests, every_type_is_filled);
    tcase_add_loop_test(tests, mistake_is_told_with_its_place, 0, (int)ARRAY_SIZE(mistakes));
    tcase_add_test(tests, all_mistakes_are_told_at_once);
    tcase_add_test(tests, compat_makes_unknown_keys_warnings);
    tcase_add_test(tests, references_take_the_options_type);
    tcase_add_test(tests, references_in_lists_and_maps_stay_strings);
    tcase_add_test(tests, references_stand_for_lists_and_objects);
    tcase_add_test(tests, maps_of_objects_come_as_json);
    tcase_add_test(tests, what_asks_for_nothing_is_a_note);
    tcase_add_test(tests, absent_objects_may_be_absent);
    tcase_add_test(tests, maps_keep_keys_that_differ_in_case);
    tcase_add_test(tests, json_is_canonical);
    tcase_add_test(tests, what_references_stand_for_is_not_shown);
    tcase_add_test(tests, misspelt_secrets_are_not_shown);
    tcase_add_test(tests, secrets_are_not_shown);
    tcase_add_loop_test(tests, durations_parse, 0, (int)ARRAY_SIZE(durations));
    tcase_add_test(tests, unsound_tables_are_refused);
    tcase_add_test(tests, rows_do_not_collide);
    tcase_add_test(tests, flags_do_not_lie_in_options);
    tcase_add_test(tests, what_came_with_1_1_is_looked_at);
    tcase_add_test(tests, sound_table_passes);
    tcase_add_test(tests, distances);
    return unit_run(tests);
}
