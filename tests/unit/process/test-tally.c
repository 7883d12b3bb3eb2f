/* What processors could not work on or took out, as metrics. */
#include <string.h>
#include "base/metric.h"
#include "process/tally.h"
#include "unit.h"

static struct metric_view view_of(struct metrics *metrics, const char *name)
{
    for (uint32_t i = 1; i <= metrics_count(metrics); i++) {
        struct metric_view view = metrics_view(metrics, i);

        if (!strcmp(view.name, name))
            return view;
    }
    return (struct metric_view){.value = -1};
}

START_TEST(counts_are_recorded_once)
{
    struct metrics *metrics = metrics_create();
    struct tally tally = {.metrics = metrics, .pipeline = "a\"b", .processor = "processor_regex/1"};
    struct processor processor = {0};
    struct metric_view view;

    tally_update(&tally, &processor);
    ck_assert_uint_eq(metrics_count(metrics), 0); /* nothing to say, no series */
    processor.n_failed = 3;
    tally_update(&tally, &processor);
    tally_update(&tally, &processor);
    processor.n_failed = 5;
    processor.n_dropped = 7;
    tally_update(&tally, &processor);
    view = view_of(metrics, "weir_processor_failed_logs_total");
    ck_assert_double_eq(view.value, 5);
    ck_assert_str_eq(view.labels, "pipeline=\"a\\\"b\",processor=\"processor_regex/1\"");
    ck_assert_double_eq(view_of(metrics, "weir_processor_dropped_logs_total").value, 7);
    ck_assert_uint_eq(metrics_count(metrics), 2);
    metrics_destroy(metrics);
}
END_TEST

START_TEST(without_metrics_it_counts_all_the_same)
{
    struct tally tally = {.pipeline = "p", .processor = "q"};
    struct processor processor = {.n_failed = 2};

    tally_update(&tally, &processor);
    ck_assert_uint_eq(tally.n_failed, 2);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("tally");

    tcase_add_test(tests, counts_are_recorded_once);
    tcase_add_test(tests, without_metrics_it_counts_all_the_same);
    return unit_run(tests);
}
