#include <check.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "base/metric.h"
#include "base/util.h"
#include "unit.h"

static struct metrics *metrics;

static void setup(void)
{
    metrics = metrics_create();
}

static void teardown(void)
{
    metrics_destroy(metrics);
}

static uint32_t counter(const char *name, const char *labels)
{
    return metrics_get(metrics, METRIC_COUNTER, name, "", "Help", labels);
}

START_TEST(same_name_and_labels_are_one_series)
{
    uint32_t a = counter("sent_total", "lane=\"a\"");

    ck_assert_uint_ne(a, 0);
    ck_assert_uint_eq(counter("sent_total", "lane=\"a\""), a);
    ck_assert_uint_ne(counter("sent_total", "lane=\"b\""), a);
    ck_assert_uint_eq(metrics_count(metrics), 2);
}
END_TEST

START_TEST(labels_are_what_prometheus_reads)
{
    SCOPED_FREE char *labels = metric_labels("a", "\"\\\n\xC3\xA9", "b", "\xFFz\xE2\x82");

    ck_assert_str_eq(labels, "a=\"\\\"\\\\ \xC3\xA9\",b=\"\xEF\xBF\xBDz\xEF\xBF\xBD\xEF\xBF\xBD\"");
}
END_TEST

static const char *const bad_names[] = {
    "", "sent", "_total", "Sent_total", "1_total", "sent-x_total", "sent_total ", "a b_total"};

START_TEST(bad_names_are_refused)
{
    ck_assert_uint_eq(counter(bad_names[_i], ""), 0);
}
END_TEST

START_TEST(family_has_one_kind_and_unit)
{
    ck_assert_uint_ne(metrics_get(metrics, METRIC_GAUGE, "depth", "groups", "", ""), 0);
    ck_assert_uint_eq(metrics_get(metrics, METRIC_GAUGE, "depth", "bytes", "", ""), 0);
    ck_assert_uint_eq(metrics_get(metrics, METRIC_HISTOGRAM, "depth", "groups", "", "x=\"1\""), 0);
    ck_assert_uint_eq(metrics_get(metrics, (enum metric_kind)9, "other", "", "", ""), 0);
    ck_assert_uint_eq(metrics_get(metrics, METRIC_GAUGE, NULL, "", "", ""), 0);
}
END_TEST

START_TEST(long_unit_is_the_same_each_time)
{
    char unit[2 * METRIC_NAME_BYTES_MAX];

    memset(unit, 'u', sizeof unit);
    unit[sizeof unit - 1] = '\0';
    ck_assert_uint_eq(metrics_get(metrics, METRIC_GAUGE, "depth", unit, "", "lane=\"a\""), 1);
    ck_assert_uint_eq(metrics_get(metrics, METRIC_GAUGE, "depth", unit, "", "lane=\"b\""), 2);
}
END_TEST

START_TEST(each_kind_records_its_way)
{
    uint32_t count = counter("a_total", "");
    uint32_t gauge = metrics_get(metrics, METRIC_GAUGE, "b", NULL, NULL, "");
    uint32_t histogram = metrics_get(metrics, METRIC_HISTOGRAM, "c", "s", "Time", "");
    struct metric_view view;

    for (int i = 0; i < 3; i++) {
        metrics_record(metrics, count, 2);
        metrics_record(metrics, gauge, i);
        metrics_record(metrics, histogram, i ? 0.002 : 1e12);
    }
    metrics_record(metrics, count, -1);
    metrics_record(metrics, gauge, NAN);
    metrics_record(metrics, 0, 1);
    metrics_record(metrics, 99, 1);
    ck_assert_double_eq(metrics_view(metrics, count).value, 6);
    ck_assert_double_eq(metrics_view(metrics, gauge).value, 2);
    view = metrics_view(metrics, histogram);
    ck_assert_uint_eq(view.count, 3);
    ck_assert_uint_eq(view.above, 1);
    ck_assert_uint_eq(view.buckets[0], 0);
    ck_assert_uint_eq(view.buckets[1], 2);
    ck_assert_double_ge(metric_bucket_bound(1), 0.002);
    ck_assert_str_eq(view.unit, "s");
}
END_TEST

#define N_THREADS 4
#define N_RECORDS 20000

static void *record_many(void *argument)
{
    char labels[16];

    (void)argument;
    for (int i = 0; i < N_RECORDS; i++) {
        snprintf(labels, sizeof labels, "n=\"%d\"", i % 500);
        metrics_record(metrics, counter("all_total", labels), 1);
    }
    return NULL;
}

START_TEST(threads_lose_nothing)
{
    pthread_t threads[N_THREADS];
    double sum = 0;

    for (int i = 0; i < N_THREADS; i++)
        ck_assert_int_eq(pthread_create(&threads[i], NULL, record_many, NULL), 0);
    for (int i = 0; i < N_THREADS; i++)
        pthread_join(threads[i], NULL);
    ck_assert_uint_eq(metrics_count(metrics), 500);
    for (uint32_t handle = 1; handle <= 500; handle++)
        sum += metrics_view(metrics, handle).value;
    ck_assert_double_eq(sum, N_THREADS * N_RECORDS);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("metric");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, same_name_and_labels_are_one_series);
    tcase_add_test(tests, labels_are_what_prometheus_reads);
    tcase_add_loop_test(tests, bad_names_are_refused, 0, ARRAY_SIZE(bad_names));
    tcase_add_test(tests, family_has_one_kind_and_unit);
    tcase_add_test(tests, long_unit_is_the_same_each_time);
    tcase_add_test(tests, each_kind_records_its_way);
    tcase_add_test(tests, threads_lose_nothing);
    return unit_run(tests);
}
