/* Rules about options that no bundled type provokes: deprecation, lists of objects
 * that come out of references. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/util.h"
#include "config/document.h"
#include "config/options.h"
#include "config/told.h"
#include "unit.h"

struct item {
    uint64_t count;
};

struct sample {
    uint64_t old, new;
    struct weir_object_list items;
};

static const struct weir_option item_rows[] = {
    WEIR_OPTION(
        struct item, count, "Count", WEIR_OPTION_UINT, WEIR_REQUIRED, NULL, "1", "5", NULL, "h"),
};

static const struct weir_option rows[] = {
    {"Old", WEIR_OPTION_UINT, 0, offsetof(struct sample, old), WEIR_NO_OFFSET, "1", NULL, NULL,
        NULL, NULL, NULL, 0, 0, "h", NULL, "New", NULL},
    WEIR_OPTION(struct sample, new, "New", WEIR_OPTION_UINT, 0, "1", NULL, NULL, NULL, "h"),
    WEIR_OPTION_OBJECT_LIST_ROW(struct sample, items, "Items", 0, item_rows, struct item, "h"),
};

static const struct config_class class = {
    .type = "flusher_sample",
    .options = rows,
    .n_options = ARRAY_SIZE(rows),
    .option_stride = sizeof rows[0],
    .options_size = sizeof(struct sample),
};

static const struct {
    const char *text;     /* of the options */
    const char *variable; /* ITEMS in the environment */
    const char *told;
    uint64_t count; /* of the first item, 0: none */
} cases[] = {
    {"{\"New\": 1}", "", "", 0},
    {"{\"Old\": 1}", "", "W1207 1:2", 0},
    {"{\"New\": 1,\n \"old\": 2}", "", "W1207 2:2", 0},
    {"{\"Items\": [{\"Count\": 4}]}", "", "", 4},
    {"{\"Items\": \"${env:ITEMS}\"}", "[{\"Count\": 3}]", "", 3},
    {"{\"Items\": \"${env:ITEMS}\"}", "[{\"Count\": 3}, {\"Count\": 9}]", "W1202 1:11", 0},
    {"{\"Items\": \"${env:ITEMS}\"}", "[null]", "W1201 1:11", 0},
    {"{\"Items\": \"${env:ITEMS}\"}", "[{}]", "W1204 1:11", 0},
    {"{\"Items\": \"${env:ITEMS}\"}", "{}", "W1201 1:11", 0},
    {"{\"Items\": \"${env:ITEMS}\"}", "[", "W1201 1:11", 0},
};

START_TEST(told_and_filled)
{
    struct diag_list diags = {0};
    const char *text = cases[_i].text;
    struct document *document;
    struct options *options;

    setenv("ITEMS", cases[_i].variable, 1);
    document = document_parse("p.json", text, strlen(text), &diags);
    ck_assert_ptr_nonnull(document);
    options =
        options_fill(&(struct options_request){.class = &class, .object = document->root}, &diags);
    expect_told(text, &diags, cases[_i].told);
    if (cases[_i].count) {
        const struct sample *sample = options->values;
        const struct item *item = sample->items.items;

        ck_assert_uint_eq(sample->items.count, 1);
        ck_assert_uint_eq(item->count, cases[_i].count);
    }
    options_destroy(options);
    document_destroy(document);
    diag_list_finish(&diags);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("deprecated");

    tcase_add_loop_test(tests, told_and_filled, 0, ARRAY_SIZE(cases));
    return unit_run(tests);
}
