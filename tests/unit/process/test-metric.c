/* processor_log_to_sls_metric. Logs in, metrics out; '/' stands for '|' in values. */
#include "process/processing.h"

#define LABELS "\"MetricLabelKeys\":[\"url\",\"method\"]"
#define VALUES "\"MetricValues\":{\"name\":\"value\"}"
#define TIME ",\"MetricTimeKey\":\"t\""
#define GOOD "url=/x|method=GET|name=rt|value=1.5"

static const struct {
    const char *what, *options, *in, *out; /* with a log time of 1696946136.5 s */
    unsigned n_dropped;
} rows[] = {
    {"a metric", "{" LABELS "," VALUES "}", "method=GET|name=rt|other=1|value=1.5|url=/x",
        "__name__=rt|__time_nano__=1696946136500000000|__labels__=method#$#GET/url#$#/"
        "x|__value__=1.5",
        0},
    {"labels of one's own",
        "{" LABELS "," VALUES ",\"CustomMetricLabels\":{\"a\":\"b\",\"z\":\"\"}}", GOOD,
        "__name__=rt|__time_nano__=1696946136500000000|"
        "__labels__=a#$#b/method#$#GET/url#$#/x/z#$#|__value__=1.5",
        0},
    {"only those", "{" VALUES ",\"CustomMetricLabels\":{\"a\":\"b\"}}", "name=rt|value=1",
        "__name__=rt|__time_nano__=1696946136500000000|__labels__=a#$#b|__value__=1", 0},
    {"labels that are there", "{" LABELS "," VALUES "}", "__labels__=n#$#1/b#$#2|" GOOD,
        "__name__=rt|__time_nano__=1696946136500000000|"
        "__labels__=b#$#2/method#$#GET/n#$#1/url#$#/x|__value__=1.5",
        0},
    {"two of a log", "{\"MetricLabelKeys\":[\"l\"],\"MetricValues\":{\"n1\":\"v1\",\"n2\":\"v2\"}}",
        "l=x|n1=a|v1=1|n2=b:c|v2=-2e3",
        "__name__=a|__time_nano__=1696946136500000000|__labels__=l#$#x|__value__=1\n"
        "__name__=b:c|__time_nano__=1696946136500000000|__labels__=l#$#x|__value__=-2e3",
        0},
    {"seconds", "{" LABELS "," VALUES TIME "}", GOOD "|t=1696946136",
        "__name__=rt|__time_nano__=1696946136000000000|__labels__=method#$#GET/url#$#/"
        "x|__value__=1.5",
        0},
    {"milliseconds", "{" LABELS "," VALUES TIME "}", GOOD "|t=1696946136123",
        "__name__=rt|__time_nano__=1696946136123000000|__labels__=method#$#GET/url#$#/"
        "x|__value__=1.5",
        0},
    {"nanoseconds", "{" LABELS "," VALUES TIME "}", GOOD "|t=1696946136123456789",
        "__name__=rt|__time_nano__=1696946136123456789|__labels__=method#$#GET/url#$#/"
        "x|__value__=1.5",
        0},
    {"a time that is none", "{" LABELS "," VALUES TIME "}", GOOD "|t=169694613", "", 1},
    {"a time of letters", "{" LABELS "," VALUES TIME "}", GOOD "|t=16969461x6", "", 1},
    {"no time", "{" LABELS "," VALUES TIME "}", GOOD, "", 1},
    {"a label is missing", "{" LABELS "," VALUES "}", "url=/x|name=rt|value=1", "", 1},
    {"a label twice", "{" LABELS "," VALUES "}", GOOD "|url=/y", "", 1},
    {"a label with a separator", "{" LABELS "," VALUES "}",
        "url=a/b#$#c|method=GET|name=rt|value=1", "", 1},
    {"labels that are none", "{" LABELS "," VALUES "}", "__labels__=x|" GOOD, "", 1},
    {"labels that are there twice", "{" LABELS "," VALUES "}", "__labels__=url#$#1|" GOOD, "", 1},
    {"a key of a label that is none", "{" LABELS "," VALUES "}", "__labels__=a-b#$#1|" GOOD, "", 1},
    {"no name", "{" LABELS "," VALUES "}", "url=/x|method=GET|value=1", "", 1},
    {"a name that is none", "{" LABELS "," VALUES "}", "url=/x|method=GET|name=1a|value=1", "", 1},
    {"no value", "{" LABELS "," VALUES "}", "url=/x|method=GET|name=rt", "", 1},
    {"a value that is none", "{" LABELS "," VALUES "}", "url=/x|method=GET|name=rt|value=1x", "",
        1},
    {"half an exponent", "{" LABELS "," VALUES "}", "url=/x|method=GET|name=rt|value=1e", "", 1},
    {"a point", "{" LABELS "," VALUES "}", "url=/x|method=GET|name=rt|value=.", "", 1},
    {"not a number is one", "{" LABELS "," VALUES "}", "url=x|method=GET|name=rt|value=NaN",
        "__name__=rt|__time_nano__=1696946136500000000|__labels__=method#$#GET/"
        "url#$#x|__value__=NaN",
        0},
    {"one goes, the next is made", "{" LABELS "," VALUES "}", "x=1\n" GOOD,
        "__name__=rt|__time_nano__=1696946136500000000|__labels__=method#$#GET/url#$#/"
        "x|__value__=1.5",
        1},
};

/* '/' to '|' between labels, so in front of what a label starts with. */
static void swap(char *text, bool to_pipes)
{
    for (char *at = text; (at = strpbrk(at, "/|")); at++) {
        const char *inside = strstr(at, "#$#"), *end = at + 1 + strcspn(at + 1, "/|\n=");

        if (inside && inside < end)
            *at = to_pipes ? '|' : '/';
    }
}

/* Logs whose __labels__ and url come with real pipes. */
static void add_log(const char *line)
{
    char text[200];
    struct weir_log *log;

    processing_add(line);
    log = &test.batch->logs[test.batch->n_logs - 1];
    log->time_s = 1696946136;
    log->time_ns = 500000000;
    for (uint32_t i = 0; i < log->n_contents; i++) {
        struct weir_str *value = &log_contents(log)[i].value;

        snprintf(text, sizeof text, "%.*s", (int)value->size, value->data);
        swap(text, true);
        *value = batch_copy(test.batch, str_of(text));
    }
}

static void check(const char *in, const char *out, const char *what)
{
    char lines[400], shown[800], *rest = lines, *line;

    snprintf(lines, sizeof lines, "%s", in);
    while ((line = strsep(&rest, "\n")))
        add_log(line);
    processing_run();
    snprintf(shown, sizeof shown, "%s", processing_show_all());
    for (char *at = strstr(shown, "__labels__="); at; at = strstr(at + 1, "__labels__=")) {
        char *end = strstr(at, "|__value__");

        for (char *c = at; c < end; c++)
            *c = *c == '|' ? '/' : *c;
    }
    ck_assert_msg(!strcmp(shown, out), "%s: %s", what, shown);
}

START_TEST(metric_row)
{
    ck_assert_msg(processing_create_json("processor_log_to_sls_metric", rows[_i].options), "%s: %s",
        rows[_i].what, test.why);
    check(rows[_i].in, rows[_i].out, rows[_i].what);
    processing_next();
    check(rows[_i].in, rows[_i].out, rows[_i].what); /* nothing is left from the first */
    ck_assert_uint_eq(test.processor->n_dropped, 2 * rows[_i].n_dropped);
    ck_assert_uint_eq(test.processor->n_failed, 2 * rows[_i].n_dropped);
}
END_TEST

static const struct {
    const char *options, *why;
} refused[] = {
    {"{" VALUES "}", "neither MetricLabelKeys nor CustomMetricLabels names a label"},
    {"{\"MetricLabelKeys\":[\"a-b\"]," VALUES "}",
        "MetricLabelKeys: a key is letters, digits and _, and begins with no digit"},
    {"{\"MetricLabelKeys\":[\"a\",\"a\"]," VALUES "}", "a key is named twice"},
    {"{\"MetricLabelKeys\":[\"name\"]," VALUES "}", "a key is named twice"},
    {"{\"MetricLabelKeys\":[\"__labels__\"]," VALUES "}", "a key is named twice"},
    {"{\"CustomMetricLabels\":{\"a\":\"x|y\"}," VALUES "}",
        "CustomMetricLabels: a key is letters, digits and _, and a value has no | or #$#"},
};

START_TEST(refused_row)
{
    ck_assert(!processing_create_json("processor_log_to_sls_metric", refused[_i].options));
    ck_assert_str_eq(test.why, refused[_i].why);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("metric");

    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, metric_row, 0, ARRAY_SIZE(rows));
    tcase_add_loop_test(tests, refused_row, 0, ARRAY_SIZE(refused));
    return unit_run(tests);
}
