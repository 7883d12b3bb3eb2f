/* What counts as a change of a pipeline, and how two sets of them are paired. */
#include "config/diff.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "unit.h"

struct fake {
    struct weir_str path;
    uint64_t count;
};

static const struct weir_option rows[] = {
    WEIR_OPTION_STRING_ROW(struct fake, path, "Path", 0, "/p", "h"),
    WEIR_OPTION(struct fake, count, "Count", WEIR_OPTION_UINT, 0, "1", NULL, NULL, NULL, "h"),
};

#define CLASS(TYPE) \
    { \
        .type = TYPE, .options = rows, .n_options = 2, .option_stride = sizeof rows[0], \
        .options_size = sizeof(struct fake) \
    }

static const struct config_class classes[CONFIG_N_SECTIONS][2] = {
    [CONFIG_INPUT] = {CLASS("input_a"), CLASS("input_b")},
    [CONFIG_PROCESSOR] = {CLASS("processor_a")},
    [CONFIG_AGGREGATOR] = {CLASS("aggregator_default")},
    [CONFIG_FLUSHER] = {CLASS("flusher_a"), CLASS("flusher_b")},
};

static const struct config_class *find(void *context, enum config_section section, const char *type,
    struct place place, struct diag_list *diags, bool *ret_reported)
{
    (void)context;
    (void)place;
    (void)diags;
    (void)ret_reported;
    for (size_t i = 0; i < 2; i++)
        if (classes[section][i].type && !strcmp(classes[section][i].type, type))
            return &classes[section][i];
    return NULL;
}

static const char *name_of(void *context, enum config_section section, size_t i)
{
    (void)context;
    return i < 2 ? classes[section][i].type : NULL;
}

static const struct config_catalog catalog = {.find = find, .name = name_of};
static char folder[] = "/tmp/weir-test-XXXXXX";

static void setup(void)
{
    ck_assert_ptr_nonnull(mkdtemp(folder));
}

static void teardown(void)
{
    rmdir(folder);
}

static struct pipeline_config *read_config(const char *name, const char *text)
{
    SCOPED_FREE char *path = mem_printf("%s/%s.json", folder, name);
    struct pipeline_request request = {.catalog = &catalog, .compat = false};
    struct diag_list diags = {0};
    FILE *file = fopen(path, "we");
    struct pipeline_config *config;

    ck_assert_ptr_nonnull(file);
    fputs(text, file);
    fclose(file);
    config = pipeline_config_read(path, &request, &diags);
    ck_assert_msg(config, "%s: %s", text, diags.count ? diags.items[0].message : "no reason");
    diag_list_finish(&diags);
    unlink(path);
    return config;
}

#define PIPELINE(INPUT, REST, FLUSHER) "{\"inputs\":[" INPUT "]," REST "\"flushers\":[" FLUSHER "]}"
#define IN "{\"Type\":\"input_a\"}"
#define OUT "{\"Type\":\"flusher_a\"}"
#define BASE PIPELINE(IN, "", OUT)

static const struct {
    const char *what, *after;
    bool same;
} cases[] = {
    {"nothing", BASE, true},
    {"spaces", " { \"inputs\" : [ " IN " ] ,\n\t\"flushers\" : [ " OUT " ] } ", true},
    {"order of keys", "{\"flushers\":[" OUT "],\"inputs\":[" IN "]}", true},
    {"a default written out", PIPELINE("{\"Type\":\"input_a\",\"Path\":\"/p\"}", "", OUT), true},
    {"the other form", PIPELINE("{\"type\":\"input_a\",\"detail\":{}}", "", OUT), true},
    {"the number written out", PIPELINE(IN, "", "{\"Type\":\"flusher_a/1\"}"), true},
    {"an empty section", PIPELINE(IN, "\"processors\":[],", OUT), true},
    {"the default aggregator",
        PIPELINE(IN, "\"aggregators\":[{\"Type\":\"aggregator_default\"}],", OUT), true},
    {"the default queue",
        PIPELINE(IN, "", "{\"Type\":\"flusher_a\",\"delivery\":{\"QueueMaxBytes\":\"16MiB\"}}"),
        true},
    {"a key that is passed over", PIPELINE(IN, "\"x-note\":\"hello\",", OUT), true},
    {"an option", PIPELINE("{\"Type\":\"input_a\",\"Path\":\"/q\"}", "", OUT), false},
    {"a type", PIPELINE("{\"Type\":\"input_b\"}", "", OUT), false},
    {"an id", PIPELINE(IN, "", "{\"Type\":\"flusher_a/main\"}"), false},
    {"one more flusher", PIPELINE(IN, "", OUT "," OUT), false},
    {"a processor", PIPELINE(IN, "\"processors\":[{\"Type\":\"processor_a\"}],", OUT), false},
    {"a queue", PIPELINE(IN, "", "{\"Type\":\"flusher_a\",\"delivery\":{\"QueueMaxGroups\":7}}"),
        false},
    {"the project", PIPELINE(IN, "", "{\"Type\":\"flusher_a\",\"Project\":\"x\"}"), false},
    {"global", PIPELINE(IN, "\"global\":{\"AggregatIntervalMs\":7},", OUT), false},
    {"an interval", PIPELINE("{\"Type\":\"input_a\",\"IntervalMs\":7}", "", OUT), false},
    {"enable", PIPELINE(IN, "\"enable\":false,", OUT), false},
};

START_TEST(tells_meaning_from_text)
{
    struct pipeline_config *before = read_config("web", BASE);
    struct pipeline_config *after = read_config("web", cases[_i].after);

    ck_assert_msg(pipeline_config_same(before, after) == cases[_i].same, "%s", cases[_i].what);
    ck_assert_msg(pipeline_config_same(after, before) == cases[_i].same, "%s", cases[_i].what);
    pipeline_config_destroy(before);
    pipeline_config_destroy(after);
}
END_TEST

/* Each letter is a pipeline; small: as in the base, capital: with another option. What
 * comes out is its change (r, c, a, u) and name. */
static const struct {
    const char *before, *after, *expected;
} sets[] = {
    {"", "", ""},
    {"", "ba", "aa ab "},
    {"ab", "", "ra rb "},
    {"abc", "cba", "ua ub uc "},
    {"abc", "aBd", "rc cb ad ua "},
    {"Ab", "aB", "ca cb "},
    {"dcba", "DxCb", "ra cc cd ax ub "},
};

static size_t read_set(const char *letters, struct pipeline_config **configs)
{
    size_t count = strlen(letters);

    for (size_t i = 0; i < count; i++) {
        char name[2] = {(char)(letters[i] | 0x20), '\0'};

        configs[i] = read_config(name, letters[i] & 0x20 ? BASE : PIPELINE(IN, "", OUT "," OUT));
    }
    return count;
}

START_TEST(pairs_by_name)
{
    struct pipeline_config *before[8], *after[8];
    size_t n_before = read_set(sets[_i].before, before), n_after = read_set(sets[_i].after, after);
    struct config_difference items[16];
    char found[64] = "";
    size_t count = config_diff((const struct pipeline_config *const *)before, n_before,
        (const struct pipeline_config *const *)after, n_after, items);

    for (size_t i = 0; i < count; i++) {
        const struct pipeline_config *one = items[i].after ? items[i].after : items[i].before;

        ck_assert(!items[i].before == (items[i].change == CONFIG_ADDED));
        ck_assert(!items[i].after == (items[i].change == CONFIG_REMOVED));
        strncat(found, config_change_name(items[i].change), 1);
        strcat(strcat(found, one->name), " ");
    }
    ck_assert_str_eq(found, sets[_i].expected);
    for (size_t i = 0; i < n_before; i++)
        pipeline_config_destroy(before[i]);
    for (size_t i = 0; i < n_after; i++)
        pipeline_config_destroy(after[i]);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("diff");

    tcase_add_unchecked_fixture(tests, setup, teardown);
    tcase_add_loop_test(tests, tells_meaning_from_text, 0, ARRAY_SIZE(cases));
    tcase_add_loop_test(tests, pairs_by_name, 0, ARRAY_SIZE(sets));
    return unit_run(tests);
}
