/* Upstream's options of a flusher that say what its lane does. */
#include <stdio.h>
#include <string.h>
#include "base/util.h"
#include "config/delivery_alias.h"
#include "config/document.h"
#include "config/option_fill.h"
#include "unit.h"

struct retry {
    uint64_t times, initial_ns, max_ns;
    bool enable, has_times, has_initial, has_max, has_enable;
};

struct sample {
    struct retry retry;
    int64_t capacity;
    bool drop, has_capacity, has_drop;
};

#define ROW(STRUCT, MEMBER, HAS, NAME, TYPE, REPLACED_BY) \
    { \
        NAME, TYPE, 0, offsetof(STRUCT, MEMBER), HAS, NULL, NULL, NULL, NULL, NULL, NULL, 0, 0, \
            "h", NULL, REPLACED_BY, NULL \
    }

static const struct weir_option retry_rows[] = {
    ROW(struct retry, times, offsetof(struct retry, has_times), "Times", WEIR_OPTION_UINT,
        "delivery.RetryMaxAttempts"),
    ROW(struct retry, enable, offsetof(struct retry, has_enable), "Enable", WEIR_OPTION_BOOL,
        "delivery.RetryMaxAttempts"),
    ROW(struct retry, initial_ns, offsetof(struct retry, has_initial), "Initial",
        WEIR_OPTION_DURATION, "delivery.RetryInitialDelay"),
    ROW(struct retry, max_ns, offsetof(struct retry, has_max), "Max", WEIR_OPTION_DURATION,
        "delivery.RetryMaxDelay"),
};

static const struct weir_option rows[] = {
    WEIR_OPTION_OBJECT_ROW(struct sample, retry, "Retry", 0, retry_rows, struct retry, "h"),
    ROW(struct sample, capacity, offsetof(struct sample, has_capacity), "Capacity", WEIR_OPTION_INT,
        "delivery.QueueMaxGroups"),
    ROW(struct sample, drop, offsetof(struct sample, has_drop), "Drop", WEIR_OPTION_BOOL,
        "delivery.WhenFull"),
};

static const struct config_class class = {
    .type = "flusher_sample",
    .options = rows,
    .n_options = ARRAY_SIZE(rows),
    .option_stride = sizeof rows[0],
    .options_size = sizeof(struct sample),
};

static const struct {
    const char *options, *delivery;
    uint64_t attempts, initial_ms, max_ms, groups;
    uint32_t when_full;
} cases[] = {
    {"{}", NULL, 0, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Retry\": {\"Times\": 3}}", NULL, 4, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Retry\": {\"Times\": 0}}", NULL, 1, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Retry\": {\"Enable\": true}}", NULL, 0, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Retry\": {\"Enable\": false, \"Times\": 9}}", NULL, 1, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Retry\": {\"Initial\": \"5s\", \"Max\": \"7s\"}}", NULL, 0, 5000, 7000, 3,
        WHEN_FULL_BLOCK},
    {"{\"Retry\": {\"Initial\": 0}}", NULL, 0, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Retry\": {\"Times\": 3, \"Initial\": \"5s\"}}", "{\"retryMaxAttempts\": 9}", 0, 5000, 2, 3,
        WHEN_FULL_BLOCK},
    {"{\"Capacity\": 50, \"Drop\": true}", NULL, 0, 1, 2, 50, WHEN_FULL_DROP_NEWEST},
    {"{\"Capacity\": 0, \"Drop\": false}", NULL, 0, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Capacity\": -1}", NULL, 0, 1, 2, 3, WHEN_FULL_BLOCK},
    {"{\"Drop\": true}", "{\"WhenFull\": \"block\"}", 0, 1, 2, 3, WHEN_FULL_BLOCK},
};

START_TEST(takes_over_what_is_written)
{
    struct delivery_config config = {.retry_initial_delay_ns = NS_PER_MS,
        .retry_max_delay_ns = 2 * NS_PER_MS,
        .queue_max_groups = 3};
    const char *text = cases[_i].options, *delivery = cases[_i].delivery;
    struct diag_list diags = {0};
    struct document *document = document_parse("p.json", text, strlen(text), &diags), *other = NULL;
    struct options *options =
        options_fill(&(struct options_request){.class = &class, .object = document->root}, &diags);

    if (delivery)
        other = document_parse("d.json", delivery, strlen(delivery), &diags);
    ck_assert_uint_eq(diags.n_errors, 0);
    delivery_alias_apply(&class, options->values, other ? other->root : NULL, &config);
    ck_assert_uint_eq(config.retry_max_attempts, cases[_i].attempts);
    ck_assert_uint_eq(config.retry_initial_delay_ns, cases[_i].initial_ms * NS_PER_MS);
    ck_assert_uint_eq(config.retry_max_delay_ns, cases[_i].max_ms * NS_PER_MS);
    ck_assert_uint_eq(config.queue_max_groups, cases[_i].groups);
    ck_assert_uint_eq(config.when_full, cases[_i].when_full);
    options_destroy(options);
    document_destroy(document);
    document_destroy(other);
    diag_list_finish(&diags);
}
END_TEST

/* A row for which there is nothing in the delivery object is a wrong table. */
START_TEST(tables_are_checked)
{
    struct weir_option wrong[] = {
        ROW(struct sample, drop, offsetof(struct sample, has_drop), "Drop", WEIR_OPTION_BOOL,
            "delivery.WhenFull"),
    };
    struct config_class table = class;
    char text[200];

    ck_assert_msg(options_check_table(&class, text, sizeof text) == 0, "%s", text);
    table.options = wrong;
    table.n_options = 1;
    ck_assert_int_eq(options_check_table(&table, text, sizeof text), 0);
    wrong[0].replaced_by = "delivery.QueueMaxGroups";
    ck_assert_int_ne(options_check_table(&table, text, sizeof text), 0);
    wrong[0].replaced_by = "delivery.Nothing";
    ck_assert_int_ne(options_check_table(&table, text, sizeof text), 0);
    wrong[0].replaced_by = "delivery.WhenFull";
    wrong[0].present_offset = WEIR_NO_OFFSET;
    ck_assert_int_ne(options_check_table(&table, text, sizeof text), 0);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("delivery_alias");

    tcase_add_loop_test(tests, takes_over_what_is_written, 0, ARRAY_SIZE(cases));
    tcase_add_test(tests, tables_are_checked);
    return unit_run(tests);
}
