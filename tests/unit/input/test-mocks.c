#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "harness.h"
#include "unit.h"

static struct harness h;

static void setup(void)
{
    harness_init(&h);
}

static void teardown(void)
{
    harness_finish(&h);
}

START_TEST(metric_mock_has_tags_fields_and_index_in_order)
{
    h.config.interval_ms = 1;
    harness_start(&h, "metric_mock",
        "{\"Tags\":{\"z\":\"1\",\"a\":\"2\"},\"Index\":100,"
        "\"Fields\":{\"s\":\"x\",\"n\":5,\"f\":2.50,\"b\":true,\"l\":[1,\"y\"],\"o\":{\"k\":1}}}");
    run_until_lines(&h, 2);
    ck_assert_str_eq(h.lines[0], "z=1,a=2,s=x,n=5,f=2.50,b=true,l=[1,\"y\"],o={\"k\":1},Index=101");
    ck_assert_str_eq(h.lines[1], "z=1,a=2,s=x,n=5,f=2.50,b=true,l=[1,\"y\"],o={\"k\":1},Index=102");
}
END_TEST

START_TEST(metric_mock_once_collects_once)
{
    h.context.once = true;
    h.global.input_max_first_collect_delay_ms = 10000;
    harness_start(&h, "metric_mock", "{}");
    run_until_ended(&h);
    run_for_ms(&h, 20);
    ck_assert_uint_eq(h.n_lines, 1);
    ck_assert_int_eq(h.n_ended, 1);
    ck_assert_str_eq(h.lines[0], "Index=1");
}
END_TEST

START_TEST(metric_mock_like_prometheus_sorts_labels)
{
    const char *rest;

    h.context.once = true;
    harness_start(&h, "metric_mock",
        "{\"OpenPrometheusPattern\":true,\"Tags\":{\"t\":\"1\"},\"Fields\":{\"f\":\"2\"}}");
    run_until_ended(&h);
    ck_assert_int_eq(strncmp(h.lines[0], "__name__=metrics_mock,__time_nano__=1", 37), 0);
    rest = strstr(h.lines[0], ",__labels__");
    ck_assert_str_eq(rest, ",__labels__=f#$#2|t#$#1,__value__=1");
}
END_TEST

START_TEST(metric_mock_waits_for_the_gate)
{
    gate_close(&h.gate);
    h.config.interval_ms = 1;
    harness_start(&h, "metric_mock", "{}");
    run_for_ms(&h, 20);
    ck_assert_uint_eq(h.n_lines, 0);
    gate_open(&h.gate);
    run_until_lines(&h, 3);
}
END_TEST

START_TEST(service_mock_stops_at_its_count_and_keeps_the_rate)
{
    h.context.once = true;
    harness_start(&h, "service_mock",
        "{\"Fields\":{\"f\":\"x\"},\"LogsPerSecond\":2000,\"MaxLogCount\":3000}");
    run_until_lines(&h, 2000);
    ck_assert_uint_eq(h.n_lines, 2000);
    ck_assert_int_eq(h.n_ended, 0);
    run_until_ended(&h);
    ck_assert_uint_eq(h.n_lines, 3000);
    ck_assert_str_eq(h.lines[2999], "f=x,Index=3000");
}
END_TEST

START_TEST(service_mock_without_a_rate_makes_nothing)
{
    char why[80] = "";

    h.context.once = true;
    harness_start(&h, "service_mock", "{\"MaxLogCount\":3}");
    run_until_ended(&h);
    ck_assert_uint_eq(h.n_lines, 0);
    h.input->class->explain(h.input, why, sizeof why);
    ck_assert_str_eq(why, "LogsPerSecond is 0");
}
END_TEST

START_TEST(service_mock_reads_content_from_a_file)
{
    char path[] = "/tmp/weir-test-mock-XXXXXX", json[128];
    int fd = mkstemp(path);

    ck_assert_int_eq(write(fd, "two\nlines", 9), 9);
    close(fd);
    h.context.once = true;
    snprintf(json, sizeof json, "{\"File\":\"%s\",\"LogsPerSecond\":1}", path);
    harness_start(&h, "service_mock", json);
    run_until_ended(&h);
    ck_assert_str_eq(h.lines[0], "content=two\nlines,Index=1");
    unlink(path);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("mocks");

    tcase_add_checked_fixture(tests, setup, teardown);
    tcase_add_test(tests, metric_mock_has_tags_fields_and_index_in_order);
    tcase_add_test(tests, metric_mock_once_collects_once);
    tcase_add_test(tests, metric_mock_like_prometheus_sorts_labels);
    tcase_add_test(tests, metric_mock_waits_for_the_gate);
    tcase_add_test(tests, service_mock_stops_at_its_count_and_keeps_the_rate);
    tcase_add_test(tests, service_mock_without_a_rate_makes_nothing);
    tcase_add_test(tests, service_mock_reads_content_from_a_file);
    tcase_set_timeout(tests, 30);
    return unit_run(tests);
}
