/* Pipeline files from text to plain structs, with a catalog that knows a few types. */
#include "config/pipeline_config.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>
#include "base/mem.h"
#include "base/util.h"
#include "unit.h"
#include "config/told.h"

struct fake {
    struct weir_str path;
    uint64_t interval_ms;
};

static const struct weir_option fake_rows[] = {
    WEIR_OPTION_STRING_ROW(struct fake, path, "Path", 0, "/p", "h"),
};
static const struct weir_option timed_rows[] = {
    WEIR_OPTION(
        struct fake, interval_ms, "IntervalMs", WEIR_OPTION_UINT, 0, "50", "10", NULL, "ms", "h"),
};

#define CLASS(TYPE, ROWS) \
    { \
        .type = TYPE, .options = ROWS, .n_options = 1, .option_stride = sizeof ROWS[0], \
        .options_size = sizeof(struct fake) \
    }

static const struct config_class classes[CONFIG_N_SECTIONS][2] = {
    [CONFIG_INPUT] = {CLASS("input_a", fake_rows), CLASS("input_timed", timed_rows)},
    [CONFIG_PROCESSOR] = {CLASS("processor_a", fake_rows)},
    [CONFIG_AGGREGATOR] = {CLASS("aggregator_default", fake_rows)},
    [CONFIG_FLUSHER] = {CLASS("flusher_a", fake_rows), CLASS("flusher_b", fake_rows)},
};

static const char *name_of(void *context, enum config_section section, size_t i)
{
    (void)context;
    return i < 2 ? classes[section][i].type : NULL;
}

static const struct config_class *find(void *context, enum config_section section, const char *type,
    struct place place, struct diag_list *diags, bool *ret_reported)
{
    (void)context;
    if (!strcmp(type, "flusher_broken")) {
        diag_add(diags, DIAG_ERROR, "W2003", place, "its plugin was refused");
        *ret_reported = true;
        return NULL;
    }
    for (size_t i = 0; i < 2; i++)
        if (classes[section][i].type && !strcmp(classes[section][i].type, type))
            return &classes[section][i];
    return NULL;
}

static const struct config_catalog catalog = {.find = find, .name = name_of};

static struct diag_list diags;
static struct pipeline_config *config;
static char folder[] = "/tmp/weir-test-XXXXXX", *path;

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
    path = mem_printf("%s/web.json", folder);
}

static void teardown(void)
{
    pipeline_config_destroy(config);
    diag_list_finish(&diags);
    unlink(path);
    rmdir(folder);
    free(path);
}

static void write_file(const char *at, const char *text)
{
    FILE *file = fopen(at, "we");

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
}

static struct pipeline_config *read_text(const char *text, bool compat)
{
    struct pipeline_request request = {.catalog = &catalog, .compat = compat};

    write_file(path, text);
    pipeline_config_destroy(config);
    diag_list_finish(&diags);
    config = pipeline_config_read(path, &request, &diags);
    return config;
}

#define IN "\"inputs\":[{\"Type\":\"input_a\"}]"
#define OUT "\"flushers\":[{\"Type\":\"flusher_a\"}]"

static const struct component_config *at(enum config_section section, size_t i)
{
    expect_told("a good pipeline", &diags, "");
    ck_assert_ptr_nonnull(config);
    ck_assert_uint_lt(i, config->sections[section].count);
    return &config->sections[section].items[i];
}

static const char *fake_path(const struct component_config *item)
{
    return ((const struct fake *)item->options->values)->path.data;
}

/* -- what is filled in -- */

/* All spellings of one entry; each has the path /x. */
static const char *const forms[] = {
    "{\"type\":\"flusher_a\",\"detail\":{\"Path\":\"/x\"}}",
    "{\"plugin_type\":\"flusher_a\",\"detail\":{\"path\":\"/x\"}}",
    "{\"Type\":\"flusher_a\",\"Path\":\"/x\"}",
    "{\"Type\":\"flusher_a\",\"PATH\":\"/x\",\"delivery\":{}}",
    "{\"Type\":\"flusher_a\",\"detail\":{\"Path\":\"/x\"}}",
    "{\"x-a\":1,\"Delivery\":null,\"type\":\"flusher_a/1\",\"detail\":{\"Path\":\"/x\"}}",
    "{\"type\":\"flusher_a/1\",\"detail\":{\"Path\":\"/x\",\"x-b\":2}}",
    "{\"type\":\"flusher_a/1/7\",\"detail\":{\"Path\":\"/x\"}}",
    "{\"type\":\"flusher_a/1#5\",\"detail\":{\"Path\":\"/x\"}}",
    "{\"type\":\"flusher_a/1/7#5\",\"detail\":{\"Path\":\"/x\"}}",
};

START_TEST(entries_are_read_in_every_form)
{
    SCOPED_FREE char *text = mem_printf("{" IN ",\"flushers\":[%s]}", forms[_i]);
    const struct component_config *item;

    read_text(text, false);
    item = at(CONFIG_FLUSHER, 0);
    ck_assert_str_eq(fake_path(item), "/x");
    ck_assert_str_eq(item->type, "flusher_a");
    ck_assert_str_eq(item->id, "1");
    ck_assert_str_eq(item->name, "flusher_a/1");
}
END_TEST

START_TEST(defaults_are_filled_in)
{
    const struct component_config *item;

    read_text("{" IN "," OUT "}", false);
    item = at(CONFIG_FLUSHER, 0);
    ck_assert_str_eq(config->name, "web");
    ck_assert_str_eq(config->path, path);
    ck_assert(config->enable);
    ck_assert_uint_eq(config->digest, XXH64("{" IN "," OUT "}", strlen("{" IN "," OUT "}"), 0));
    ck_assert_uint_eq(config->global.input_interval_ms, 1000);
    ck_assert_uint_eq(config->global.aggregat_interval_ms, 3000);
    ck_assert_str_eq(config->global.project, "");
    ck_assert_str_eq(config->global.logstore, "web");
    ck_assert_str_eq(item->logstore, "web");
    ck_assert_int_eq(item->logstore_key, config->global.logstore_key);
    ck_assert_int_ne(item->logstore_key, 0);
    ck_assert_uint_eq(item->delivery.queue_max_bytes, 16 * MIB);
    ck_assert_uint_eq(item->delivery.when_full, WHEN_FULL_BLOCK);
    ck_assert_uint_eq(item->delivery.flush_timeout_ns, 60 * NS_PER_S);
    ck_assert_str_eq(item->place.file, path);
    ck_assert_uint_eq(item->place.column, 44);
    ck_assert_str_eq(at(CONFIG_AGGREGATOR, 0)->name, "aggregator_default/1");
    ck_assert_uint_eq(config->sections[CONFIG_PROCESSOR].count, 0);
    ck_assert_uint_eq(at(CONFIG_INPUT, 0)->interval_ms, 1000);
}
END_TEST

START_TEST(entries_override_global)
{
    setenv("WEIR_TEST_PROJECT", "p2", 1);
    read_text("{\"global\":{\"Project\":\"p1\",\"Logstore\":\"l1\",\"LogstoreKey\":7,"
              "\"InputIntervalMs\":200},"
              "\"inputs\":[{\"Type\":\"input_a\",\"IntervalMs\":5.0},{\"Type\":\"input_a\"},"
              "{\"type\":\"input_timed\",\"detail\":{\"IntervalMs\":20}}],"
              "\"flushers\":[{\"Type\":\"flusher_a\"},"
              "{\"Type\":\"flusher_b\",\"Project\":\"${env:WEIR_TEST_PROJECT}\","
              "\"Delivery\":{\"WhenFull\":\"drop_newest\",\"QueueMaxBytes\":\"1MiB\"}},"
              "{\"type\":\"flusher_b\",\"LogstoreKey\":-1}]}",
        false);
    ck_assert_uint_eq(at(CONFIG_INPUT, 0)->interval_ms, 5);
    ck_assert_uint_eq(at(CONFIG_INPUT, 1)->interval_ms, 200);
    ck_assert_uint_eq(at(CONFIG_INPUT, 2)->interval_ms, 20);
    ck_assert_str_eq(at(CONFIG_FLUSHER, 0)->project, "p1");
    ck_assert_int_eq(at(CONFIG_FLUSHER, 0)->logstore_key, 7);
    ck_assert_str_eq(at(CONFIG_FLUSHER, 1)->project, "p2");
    ck_assert_str_eq(at(CONFIG_FLUSHER, 1)->logstore, "l1");
    ck_assert_int_ne(at(CONFIG_FLUSHER, 1)->logstore_key, 7);
    ck_assert_uint_eq(at(CONFIG_FLUSHER, 1)->delivery.when_full, WHEN_FULL_DROP_NEWEST);
    ck_assert_uint_eq(at(CONFIG_FLUSHER, 1)->delivery.queue_max_bytes, MIB);
    ck_assert_int_eq(at(CONFIG_FLUSHER, 2)->logstore_key, -1);
}
END_TEST

/* Ids that nobody gave pass by those that somebody did. */
START_TEST(ids_are_unique)
{
    read_text("{" IN ",\"flushers\":[{\"Type\":\"flusher_a\"},{\"Type\":\"flusher_a\"},"
              "{\"Type\":\"flusher_a/2\"},{\"Type\":\"flusher_b\"},{\"Type\":\"flusher_a/1\"}]}",
        false);
    ck_assert_str_eq(at(CONFIG_FLUSHER, 2)->name, "flusher_a/2");
    ck_assert_str_eq(at(CONFIG_FLUSHER, 3)->name, "flusher_b/1");
    ck_assert_str_eq(at(CONFIG_FLUSHER, 4)->name, "flusher_a/1");
    for (size_t i = 0; i < 5; i++)
        for (size_t j = 0; j < i; j++)
            ck_assert_str_ne(at(CONFIG_FLUSHER, i)->name, at(CONFIG_FLUSHER, j)->name);
}
END_TEST

START_TEST(a_pipeline_may_be_off)
{
    ck_assert_ptr_nonnull(read_text("{\"enable\":false," IN "," OUT "}", false));
    ck_assert(!config->enable);
}
END_TEST

/* -- what is told -- */

static const struct {
    const char *text, *told;
    bool good; /* it can run in spite of that */
} rows[] = {
    {"[]", "W1010 1:1", false},
    {"{}", "W1014 1:1, W1013 1:1", false},
    {"{" IN "}", "W1013 1:1", false},
    {"{" OUT "}", "W1014 1:1", false},
    {"{" IN ",\"flushers\":{}}", "W1010 1:43", false},
    {"{" IN ",\"flushers\":[1]}", "W1010 1:44", false},
    {"{" IN ",\"flushers\":[{}]}", "W1011 1:44", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_c\"}]}", "W1004 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_broken\"}]}", "W2003 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a#1\"}]}", "W1004 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":5}]}", "W1201 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"\"}]}", "W1201 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"/1\"}]}", "W1021 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a/\"}]}", "W1021 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a/..\"}]}", "W1021 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a/x/y/1\"}]}", "W1021 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a/a\\nb\"}]}", "W1021 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\\u0000b\"}]}", "W1021 1:52", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\",\"type\":\"flusher_a\"}]}", "W1012 1:64",
        false},
    {"{" IN ",\"flushers\":[{\"type\":\"flusher_a\",\"Path\":\"x\"}]}", "W1003 1:64", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\",\"detail\":{},\"Path\":\"x\"}]}", "W1003 1:76",
        false},
    {"{" IN ",\"flushers\":[{\"type\":\"flusher_a\",\"detail\":[]}]}", "W1010 1:73", false},
    {"{" IN ",\"flushers\":[{\"type\":\"flusher_a\",\"detail\":{\"Path\":\"a\",\"path\":\"b\"}}]}",
        "W1005 1:85", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\",\"delivery\":1}]}", "W1010 1:75", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\",\"delivery\":{},\"Delivery\":{}}]}",
        "W1005 1:78", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\",\"delivery\":{\"Queue\":1}}]}", "W1003 1:76",
        false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\",\"Project\":1}]}", "W1201 1:74", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a\",\"LogstoreKey\":\"1\"}]}", "W1201 1:78", false},
    {"{" IN ",\"flushers\":[{\"Type\":\"flusher_a/x\"},{\"Type\":\"flusher_a/x\"}]}", "W1016 1:67",
        false},
    {"{\"inputs\":[{\"Type\":\"input_a\",\"IntervalMs\":0}]," OUT "}", "W1202 1:43", false},
    {"{\"inputs\":[{\"Type\":\"input_a\",\"IntervalMs\":5.5}]," OUT "}", "W1201 1:43", false},
    {"{\"inputs\":[{\"Type\":\"input_a\",\"IntervalMs\":\"1s\"}]," OUT "}", "W1201 1:43", false},
    {"{\"inputs\":[{\"Type\":\"input_timed\",\"IntervalMs\":5}]," OUT "}", "W1202 1:47", false},
    {"{" IN ",\"processors\":[{\"Type\":\"processor_a\",\"IntervalMs\":5}]," OUT "}", "W1003 1:68",
        false},
    {"{" IN "," OUT ",\"Inputs\":[]}", "W1005 1:66", false},
    {"{" IN "," OUT ",\"inptus\":[]}", "W1003 1:66", false},
    {"{" IN "," OUT ",\"enable\":\"yes\"}", "W1201 1:75", false},
    {"{" IN "," OUT ",\"global\":[]}", "W1010 1:75", false},
    {"{" IN "," OUT ",\"global\":{\"InputIntervalMs\":\"1s\"}}", "W1201 1:94", false},
    {"{" IN "," OUT ",\"global\":{\"Nonsense\":1}}", "W1003 1:76", false},
    {"{" IN "," OUT ",\"global\":null,\"processors\":null,\"extensions\":[]}", "", true},
    {"{" IN "," OUT ",\"extensions\":[{\"Type\":\"ext_a\"}]}", "W1023 1:88", false},
    {"{" IN "," OUT ",\"extensions\":[{\"Type\":\"ext_basicauth\"}]}", "W1312 1:88", true},
    {"{" IN "," OUT ",\"extensions\":{}}", "W1010 1:79", false},
    {"{" IN "," OUT ",\"createTime\":5}", "W1311 1:66", true},
    {"{" IN "," OUT ",\"global\":{\"StructureType\":\"v2\"}}", "W1311 1:76", true},
    {"{\"$schema\":\"s\",\"x-a\":{\"b\":[1]}," IN "," OUT "}", "", true},
};

START_TEST(mistakes_are_told_by_the_table)
{
    read_text(rows[_i].text, false);
    expect_told(rows[_i].text, &diags, rows[_i].told);
    ck_assert_int_eq(!!config, rows[_i].good);
}
END_TEST

START_TEST(compat_lets_unknown_keys_pass)
{
    ck_assert_ptr_nonnull(read_text("{" IN ",\"what\":1,\"global\":{\"Who\":1},\"flushers\":["
                                    "{\"type\":\"flusher_a\",\"Path\":1,\"detail\":{\"Why\":2}}]}",
        true));
    ck_assert_uint_eq(diags.n_warnings, 4);
}
END_TEST

START_TEST(too_many_components_are_refused)
{
    SCOPED_BUF struct buf text = {0};

    buf_puts(&text, "{" OUT ",\"inputs\":[");
    for (unsigned i = 0; i < PIPELINE_COMPONENTS_MAX + 1; i++)
        buf_puts(&text, i ? ",{\"Type\":\"input_a\"}" : "{\"Type\":\"input_a\"}");
    buf_puts(&text, "]}");
    ck_assert_ptr_null(read_text(buf_text(&text), false));
    expect_told("1025 inputs", &diags, "W1015 1:45");
}
END_TEST

START_TEST(yaml_files_are_told)
{
    struct pipeline_request request = {.catalog = &catalog, .compat = false};
    SCOPED_FREE char *yaml = mem_printf("%s/web.yaml", folder);

    write_file(yaml, "{\"inputs\":[]}");
    ck_assert_ptr_null(pipeline_config_read(yaml, &request, &diags));
    expect_told("web.yaml", &diags, "W1002 0:0");
    unlink(yaml);
}
END_TEST

START_TEST(lines_that_may_hold_a_secret_are_not_shown)
{
    ck_assert_ptr_null(read_text("{\"ApiToken\": \"hunter2\" x}", false));
    expect_told("syntax", &diags, "W1001 1:24");
    ck_assert_ptr_null(diags.items[0].source_line);
}
END_TEST

/* -- files -- */

static size_t expand(char *const *arguments, size_t n, char ***ret)
{
    diag_list_finish(&diags);
    return config_paths(arguments, n, ret, &diags);
}

static void free_paths(char **paths, size_t n)
{
    for (size_t i = 0; i < n; i++)
        free(paths[i]);
    free((void *)paths);
}

START_TEST(folders_are_their_json_files)
{
    static const char *const names[] = {"b.json", "a.json", ".hidden.json", "c.yaml", "json"};
    char **paths, *arguments[] = {folder, NULL, NULL};
    SCOPED_FREE char *a = mem_printf("%s/a.json", folder), *c = mem_printf("%s/c.yaml", folder);
    size_t n;

    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        SCOPED_FREE char *file = mem_printf("%s/%s", folder, names[i]);

        write_file(file, "{}");
    }
    arguments[1] = a; /* once more: the same file */
    arguments[2] = c; /* given by name: its reader will say what it is */
    n = expand(arguments, 3, &paths);
    expect_told("folder", &diags, "");
    ck_assert_uint_eq(n, 3);
    ck_assert_str_eq(paths[0], a);
    ck_assert_str_eq(paths[2], c);
    free_paths(paths, n);
    for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
        SCOPED_FREE char *file = mem_printf("%s/%s", folder, names[i]);

        unlink(file);
    }
}
END_TEST

START_TEST(equal_names_are_told)
{
    SCOPED_FREE char *other = mem_printf("%s/d", folder), *twin = mem_printf("%s/web.json", other);
    char *arguments[] = {path, twin}, **paths;
    size_t n;

    mkdir(other, 0700);
    write_file(path, "{}");
    write_file(twin, "{}");
    n = expand(arguments, 2, &paths);
    expect_told("twins", &diags, "W1017 0:0");
    ck_assert_str_eq(diags.items[0].file, twin);
    ck_assert_uint_eq(n, 1);
    ck_assert_str_eq(paths[0], path);
    free_paths(paths, n);
    unlink(twin);
    rmdir(other);
}
END_TEST

START_TEST(nothing_there_is_told)
{
    SCOPED_FREE char *yaml = mem_printf("%s/c.yml", folder);
    char nowhere[] = "/nonexistent", *arguments[] = {nowhere, folder}, **paths;

    write_file(yaml, "");
    ck_assert_uint_eq(expand(arguments, 2, &paths), 0);
    expect_told("nothing", &diags, "W1018 0:0, W1018 0:0");
    ck_assert_ptr_nonnull(strstr(diags.items[1].expected, "c.yml"));
    free((void *)paths);
    unlink(yaml);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("pipeline");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, entries_are_read_in_every_form, 0, (int)ARRAY_SIZE(forms));
    tcase_add_test(tests, defaults_are_filled_in);
    tcase_add_test(tests, entries_override_global);
    tcase_add_test(tests, ids_are_unique);
    tcase_add_test(tests, a_pipeline_may_be_off);
    tcase_add_loop_test(tests, mistakes_are_told_by_the_table, 0, (int)ARRAY_SIZE(rows));
    tcase_add_test(tests, compat_lets_unknown_keys_pass);
    tcase_add_test(tests, too_many_components_are_refused);
    tcase_add_test(tests, yaml_files_are_told);
    tcase_add_test(tests, lines_that_may_hold_a_secret_are_not_shown);
    tcase_add_test(tests, folders_are_their_json_files);
    tcase_add_test(tests, equal_names_are_told);
    tcase_add_test(tests, nothing_there_is_told);
    return unit_run(tests);
}
