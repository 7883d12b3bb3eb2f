/* Upstream's protocols, byte for byte. */
#include <stdio.h>
#include <stdlib.h>
#include <weir/convert.h>
#include <weir/words.h>

#include "unit.h"

#define KV(KEY, VALUE) \
    { \
        {KEY, sizeof KEY - 1}, \
        { \
            VALUE, sizeof VALUE - 1 \
        } \
    }
#define MAX 20

/* A log, its group, the renamings; lists end at the first pair without a key and a value. */
struct given {
    uint32_t protocol;
    uint32_t time_s;
    struct weir_kv contents[MAX], tags[MAX], tag_rename[MAX], protocol_rename[MAX];
    const char *topic, *source; /* NULL: "" */
    bool only_contents, kubernetes;
};

static uint32_t count(const struct weir_kv *pairs)
{
    uint32_t n = 0;

    while (n < MAX && (pairs[n].key.data || pairs[n].value.data))
        n++;
    return n;
}

static struct weir_str text_of(const char *text)
{
    return text ? weir_str_of(text) : (struct weir_str){0};
}

/* The converter, the log converted, and its text with a NUL. */
struct converted {
    struct weir_convert_options options;
    struct weir_group group;
    struct weir_log log;
    struct weir_convert *convert;
    struct weir_buffer out;
    const char *why;
};

static void convert(struct converted *made, const struct given *given)
{
    *made = (struct converted){
        .options = {.protocol = given->protocol,
            .tag_rename = {given->tag_rename, count(given->tag_rename)},
            .protocol_rename = {given->protocol_rename, count(given->protocol_rename)},
            .only_contents = given->only_contents},
        .group = {.struct_size = sizeof made->group,
            .tags = given->tags,
            .n_tags = count(given->tags),
            .topic = text_of(given->topic),
            .source = text_of(given->source)},
        .log = {.time_s = given->time_s,
            .contents = given->contents,
            .n_contents = count(given->contents)}};
    setenv("ALICLOUD_LOG_K8S_FLAG", given->kubernetes ? "true" : "false", 1);
    made->convert = weir_convert_create(&made->options);
    ck_assert_ptr_nonnull(made->convert);
    weir_convert_group(made->convert, &made->group);
    made->why = weir_convert_log(made->convert, &made->log, &made->out);
    weir_buffer_append_byte(&made->out, '\0');
    ck_assert(!made->out.failed);
}

static void finish(struct converted *made)
{
    weir_convert_destroy(made->convert);
    weir_buffer_finish(&made->out);
}

static const struct {
    const char *what;
    struct given given;
    const char *expected; /* what it becomes; or, if there is no text, why not */
    const char *why;
} rows[] = {
    {"the example of custom_single",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1700000000, {KV("msg", "a < b"), KV("level", "warn")},
            {KV("__path__", "/var/log/app.log"), KV("__hostname__", "node-1")}, .topic = "app",
            .source = "10.0.0.7"},
        "{\"contents\":{\"level\":\"warn\",\"msg\":\"a < b\"},\"tags\":{\"host.ip\":\"10.0.0.7\","
        "\"host.name\":\"node-1\",\"log.file.path\":\"/var/log/app.log\",\"log.topic\":\"app\"},"
        "\"time\":1700000000}",
        NULL},
    {"the example of custom_single_flatten",
        {WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN, 1700000000, {KV("msg", "a < b"), KV("level", "warn")},
            {KV("__path__", "/var/log/app.log"), KV("__hostname__", "node-1")}, .topic = "app",
            .source = "10.0.0.7"},
        "{\"host.ip\":\"10.0.0.7\",\"host.name\":\"node-1\",\"level\":\"warn\",\"log.file.path\":"
        "\"/var/log/app.log\",\"log.topic\":\"app\",\"msg\":\"a < b\",\"time\":1700000000}",
        NULL},
    {"a log of nothing", {WEIR_CONVERT_CUSTOM_SINGLE, 0},
        "{\"contents\":{},\"tags\":{\"host.ip\":\"\"},\"time\":0}", NULL},
    {"nothing, flattened", {WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN, 4294967295},
        "{\"host.ip\":\"\",\"time\":4294967295}", NULL},
    {"upstream's http test",
        {WEIR_CONVERT_CUSTOM_SINGLE, 0,
            {KV("__time_nano__", "1668653452000000000"), KV("__name__", "weather"),
                KV("__labels__", "location#$#hangzhou|province#$#zhejiang"), KV("__value__", "30"),
                KV("__tag__:db", "mydb")}},
        "{\"contents\":{\"__labels__\":\"location#$#hangzhou|province#$#zhejiang\",\"__name__\":"
        "\"weather\",\"__time_nano__\":\"1668653452000000000\",\"__value__\":\"30\"},\"tags\":"
        "{\"db\":\"mydb\",\"host.ip\":\"\"},\"time\":0}",
        NULL},
    {"from a file on a host",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1662434209,
            {KV("method", "PUT"), KV("status", "200"), KV("__tag__:__path__", "/srv/a.log"),
                KV("__tag__:__user_defined_id__", "machine"), KV("__log_topic__", "file")},
            {KV("__hostname__", "alje834hgf"), KV("__pack_id__", "AEDCFGHNJUIOPLMN-1E")},
            .source = "172.10.0.56"},
        "{\"contents\":{\"method\":\"PUT\",\"status\":\"200\"},\"tags\":{\"host.ip\":"
        "\"172.10.0.56\",\"host.name\":\"alje834hgf\",\"log.file.path\":\"/srv/a.log\","
        "\"log.topic\":\"file\"},\"time\":1662434209}",
        NULL},
    {"from a container",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1,
            {KV("m", "GET"), KV("__tag__:__path__", "/a.log"), KV("_container_name_", "c"),
                KV("_container_ip_", "1.2.3.4"), KV("__tag__:_image_name_", "i")},
            {KV("__hostname__", "h")}, .topic = "t", .source = "s"},
        "{\"contents\":{\"m\":\"GET\"},\"tags\":{\"container.image.name\":\"i\",\"container.ip\":"
        "\"1.2.3.4\",\"container.name\":\"c\",\"host.ip\":\"s\",\"host.name\":\"h\","
        "\"log.file.path\":\"/a.log\",\"log.topic\":\"t\"},\"time\":1}",
        NULL},
    {"from Kubernetes",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1,
            {KV("_node_name_", "n"), KV("_node_ip_", "ni"), KV("__tag__:_namespace_", "ns"),
                KV("_pod_name_", "p"), KV("_pod_uid_", "u"), KV("_pod_ip_", "pi"),
                KV("_container_name_", "c"), KV("__tag__:_container_ip_", "ci"),
                KV("_image_name_", "i"), KV("__tag__:label", "l")},
            .kubernetes = true},
        "{\"contents\":{},\"tags\":{\"host.ip\":\"\",\"k8s.container.image.name\":\"i\","
        "\"k8s.container.ip\":\"ci\",\"k8s.container.name\":\"c\",\"k8s.namespace.name\":\"ns\","
        "\"k8s.node.ip\":\"ni\",\"k8s.node.name\":\"n\",\"k8s.pod.ip\":\"pi\",\"k8s.pod.name\":"
        "\"p\",\"k8s.pod.uid\":\"u\",\"label\":\"l\"},\"time\":1}",
        NULL},
    {"tags renamed and deleted",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1, {KV("_node_ip_", "ni"), KV("__tag__:label", "l")},
            {KV("__hostname__", "h"), KV("env", "e"), KV("x", "y")},
            {KV("host.ip", "ip"), KV("k8s.node.ip", "node"), KV("label", ""), KV("env", "env_tag"),
                KV("unknown", "z"), KV("host.name", "")},
            .source = "s"},
        "{\"contents\":{},\"tags\":{\"env_tag\":\"e\",\"ip\":\"s\",\"node\":\"ni\",\"x\":\"y\"},"
        "\"time\":1}",
        NULL},
    {"a raw name is not what is renamed",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1, .tags = {KV("__hostname__", "h")},
            .tag_rename = {KV("__hostname__", "a"), KV("host.ip", "")}},
        "{\"contents\":{},\"tags\":{\"host.name\":\"h\"},\"time\":1}", NULL},
    {"protocol fields renamed",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1, {KV("a", "b")}, .tag_rename = {KV("host.ip", "")},
            .protocol_rename = {KV("time", "@timestamp"), KV("contents", "\"c\""), KV("tags", "")}},
        "{\"\":{},\"\\\"c\\\"\":{\"a\":\"b\"},\"@timestamp\":1}", NULL},
    {"renamed so that they meet, the tags stay",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1, {KV("a", "b")}, .source = "s",
            .protocol_rename = {KV("time", "x"), KV("contents", "x"), KV("tags", "x")}},
        "{\"x\":{\"host.ip\":\"s\"}}", NULL},
    {"only the time is renamed when flattened",
        {WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN, 1, {KV("a", "b"), KV("z", "b")},
            .protocol_rename = {KV("time", "m"), KV("contents", "c"), KV("tags", "t")}},
        "{\"a\":\"b\",\"host.ip\":\"\",\"m\":1,\"z\":\"b\"}", NULL},
    {"the later of two contents",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1, {KV("a", "1"), KV("b", "x"), KV("a", "2")}},
        "{\"contents\":{\"a\":\"2\",\"b\":\"x\"},\"tags\":{\"host.ip\":\"\"},\"time\":1}", NULL},
    {"group tags win over those in contents, the topic over both",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1,
            {KV("__tag__:k", "content"), KV("__log_topic__", "content"),
                KV("__tag__:host.ip", "content")},
            {KV("k", "tag"), KV("log.topic", "tag")}, .topic = "topic", .source = "ip"},
        "{\"contents\":{},\"tags\":{\"host.ip\":\"ip\",\"k\":\"tag\",\"log.topic\":\"topic\"},"
        "\"time\":1}",
        NULL},
    {"flattened, tags win over contents and the time over both",
        {WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN, 7,
            {KV("k", "content"), KV("time", "content"), KV("u", "content")},
            {KV("k", "tag"), KV("time", "tag")}},
        "{\"host.ip\":\"\",\"k\":\"tag\",\"time\":7,\"u\":\"content\"}", NULL},
    {"a bare prefix is a content",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1, {KV("__tag__:", "x"), KV("__tag__", "y"), KV("", "z")}},
        "{\"contents\":{\"\":\"z\",\"__tag__\":\"y\",\"__tag__:\":\"x\"},\"tags\":{\"host.ip\":"
        "\"\"},"
        "\"time\":1}",
        NULL},
    {"a group tag keeps its prefix",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1, .tags = {KV("__tag__:db", "x")}},
        "{\"contents\":{},\"tags\":{\"__tag__:db\":\"x\",\"host.ip\":\"\"},\"time\":1}", NULL},
    {"escapes as Go without those of HTML",
        {WEIR_CONVERT_CUSTOM_SINGLE, 1,
            {KV("k", "<>&\"\\\n\r\t\b\f\x01\x7f\0z\u00e4\u2028\u2029\xff")},
            .tag_rename = {KV("host.ip", "")}},
        "{\"contents\":{\"k\":\"<>&\\\"\\\\\\n\\r\\t\\b\\f\\u0001\x7f\\u0000z\u00e4\\u2028\\u2029"
        "\\ufffd\"},\"tags\":{},\"time\":1}",
        NULL},
    {"keys are sorted by bytes",
        {WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN, 1,
            {KV("b", "1"), KV("a\0", "2"), KV("a", "3"), KV("\xc3\xa4", "4"), KV("Z", "5")}},
        "{\"Z\":\"5\",\"a\":\"3\",\"a\\u0000\":\"2\",\"b\":\"1\",\"host.ip\":\"\",\"time\":1,"
        "\"\u00e4\":\"4\"}",
        NULL},
    {"jsonline", {WEIR_CONVERT_JSONLINE, 1, {KV("b", "1")}, {KV("__path__", "/p")}, .source = "s"},
        "{\"b\":\"1\",\"host.ip\":\"s\",\"log.file.path\":\"/p\",\"time\":1}", NULL},
    {"jsonline without tags",
        {WEIR_CONVERT_JSONLINE, 1, {KV("z", "1"), KV("__tag__:x", "y")}, {KV("__path__", "/p")},
            .only_contents = true},
        "{\"time\":1,\"z\":\"1\"}", NULL},

    {"upstream's line",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__time_nano__", "1668653452000000000"), KV("__name__", "weather"),
                KV("__labels__", "location#$#hangzhou|province#$#zhejiang"),
                KV("__value__", "30")}},
        "weather,location=hangzhou,province=zhejiang value=30 1668653452000000000\n", NULL},
    {"without labels and time",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__labels__", ""), KV("__value__", "1")}},
        "m value=1\n", NULL},
    {"a field",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "metric:field"), KV("__field__", "field"), KV("__value__", "1"),
                KV("__labels__", "aa#$#bb")}},
        "metric,aa=bb field=1\n", NULL},
    {"a field that is not in the name",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "metric"), KV("__field__", "field"), KV("__value__", "1")}},
        "metric field=1\n", NULL},
    {"the field value leaves the name",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "metric:value"), KV("__field__", "value"), KV("__value__", "1")}},
        "metric:value value=1\n", NULL},
    {"labels are sorted",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__labels__", "c#$#3|a#$#1|b#$#2"), KV("__value__", "1")}},
        "m,a=1,b=2,c=3 value=1\n", NULL},
    {"a bar in a value, and in a key",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__labels__", "x|a#$#1|2|b#$#3|"), KV("__value__", "1")}},
        "m,b=3,x|a=1|2 value=1\n", NULL},
    {"a mark in a value",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__labels__", "a#$#1#$#2"), KV("__value__", "1")}},
        "m,a=1#$#2 value=1\n", NULL},
    {"labels without a key or a value are left out",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__labels__", "a#$#|b#$#1|#$#c"), KV("__value__", "1")}},
        "m,b=1 value=1\n", NULL},
    {"what is special in a line",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "a b,c=d\n"), KV("__labels__", "k k#$#v,=\t\r"),
                KV("__field__", "f =,"), KV("__value__", "1")}},
        "a\\ b\\,c=d\\n,k\\ k=v\\,\\=\\t\\r f\\ \\=\\,=1\n", NULL},
    {"an int",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__type__", "int"), KV("__value__", "-9223372036854775808")}},
        "m value=-9223372036854775808i\n", NULL},
    {"a bool",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__type__", "bool"), KV("__value__", "T")}},
        "m value=true\n", NULL},
    {"a string",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__type__", "string"), KV("__value__", "a \"b\" \\ ,=")}},
        "m value=\"a \\\"b\\\" \\\\ ,=\"\n", NULL},
    {"an empty string",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__type__", "string"), KV("__value__", "")}},
        "m value=\"\"\n", NULL},
    {"a time in seconds",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "1700000000")}},
        "m value=1 1700000000000000000\n", NULL},
    {"a time in milliseconds",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "1700000000123")}},
        "m value=1 1700000000123000000\n", NULL},
    {"a time in microseconds",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "1700000000123456")}},
        "m value=1 1700000000123456000\n", NULL},
    {"no name", {WEIR_CONVERT_INFLUXDB, 1, {KV("__value__", "1")}}, "",
        "no metric: it must have __name__ and __value__"},
    {"no value", {WEIR_CONVERT_INFLUXDB, 1, {KV("__name__", "m"), KV("__value__", "")}}, "",
        "no metric: it must have __name__ and __value__"},
    {"a key alone",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__labels__", "abc|d")}},
        "", "found miss matching key: abc|d"},
    {"a value of another type",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__type__", "int"), KV("__value__", "1.5")}},
        "", "__value__ is not what __type__ says (float, if it says nothing)"},
    {"no number",
        {WEIR_CONVERT_INFLUXDB, 1, {KV("__name__", "m"), KV("__value__", "__STALE_NAN__")}}, "",
        "__value__ is not what __type__ says (float, if it says nothing)"},
    {"not finite", {WEIR_CONVERT_INFLUXDB, 1, {KV("__name__", "m"), KV("__value__", "inf")}}, "",
        "__value__ is not what __type__ says (float, if it says nothing)"},
    {"no time",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "now")}},
        "", "__time_nano__ is no time"},
    {"the last second that has nanoseconds",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "9223372036")}},
        "m value=1 9223372036000000000\n", NULL},
    {"seconds after 2262",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "9223372037")}},
        "", "__time_nano__ is no time"},
    {"microseconds after 2262",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "9999999999999999")}},
        "", "__time_nano__ is no time"},
    {"a mark of a comment inside a name",
        {WEIR_CONVERT_INFLUXDB, 1, {KV("__name__", "m#1"), KV("__value__", "1")}}, "m#1 value=1\n",
        NULL},
    {"a name that would make the line a comment",
        {WEIR_CONVERT_INFLUXDB, 1, {KV("__name__", "#1"), KV("__value__", "1")}}, "",
        "the name begins with #, which makes a comment of the line"},
    {"a backslash at an end",
        {WEIR_CONVERT_INFLUXDB, 1,
            {KV("__name__", "m"), KV("__value__", "1"), KV("__labels__", "dir#$#C:\\")}},
        "", "a name or label ends in a backslash, which line protocol cannot say"},

    {"raw", {WEIR_CONVERT_RAW, 1, {KV("a", "b"), KV("content", "the\nline")}}, "the\nline", NULL},
    {"raw without a content", {WEIR_CONVERT_RAW, 1, {KV("a", "b")}}, "",
        "the log has no field `content`, which is all that protocol raw sends"},
};

START_TEST(golden)
{
    struct converted made;

    convert(&made, &rows[_i].given);
    ck_assert_msg(made.out.size - 1 == strlen(rows[_i].expected) &&
                      strcmp(made.out.data, rows[_i].expected) == 0,
        "%s: %s, not %s", rows[_i].what, made.out.data, rows[_i].expected);
    if (rows[_i].why)
        ck_assert_str_eq(made.why, rows[_i].why);
    else
        ck_assert_msg(!made.why, "%s: %s", rows[_i].what, made.why);
    finish(&made);
}
END_TEST

/* What Go's strconv makes of a float64 with format 'g' and the shortest precision. */
static const struct {
    const char *value, *expected;
} floats[] = {
    {"0", "0"},
    {"-0", "-0"},
    {"1", "1"},
    {"1.0", "1"},
    {"+2", "2"},
    {"0.25", "0.25"},
    {"-3.75", "-3.75"},
    {"100000", "100000"},
    {"123456", "123456"},
    {"123456.75", "123456.75"},
    {"1000000", "1e+06"},
    {"1234567", "1.234567e+06"},
    {"123456789", "1.23456789e+08"},
    {"0.0001", "0.0001"},
    {"0.00001", "1e-05"},
    {"0.1", "0.1"},
    {"0.30000000000000004", "0.30000000000000004"},
    {"5e-324", "5e-324"},
    {"1.7976931348623157e308", "1.7976931348623157e+308"},
    {"9007199254740993", "9.007199254740992e+15"},
    {"0x1p4", "16"},
};

START_TEST(floats_as_go_has_them)
{
    struct given given = {WEIR_CONVERT_INFLUXDB, 1,
        {KV("__name__", "m"), {{"__value__", 9}, weir_str_of(floats[_i].value)}}};
    struct converted made;
    char expected[64];

    snprintf(expected, sizeof expected, "m value=%s\n", floats[_i].expected);
    convert(&made, &given);
    ck_assert_str_eq(made.out.data, expected);
    finish(&made);
}
END_TEST

static const struct given selected = {WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN, 1,
    {KV("method", "PUT"), KV("__tag__:_node_ip_", "1.2"), KV("__tag__:label", "l"),
        KV("tag.x", "y")},
    {KV("__hostname__", "h"), KV("env", "e")},
    {KV("k8s.node.ip", "ip"), KV("label", ""), KV("env", "env_tag")}, .topic = "t"};
static const struct given selected_influx = {WEIR_CONVERT_INFLUXDB, 1,
    {KV("__name__", "m"), KV("__value__", "1")},
    {KV("__tag__:db", "mydb"), KV("bare", "x"), KV("__tag__:db", "later"), KV("tag.own", "o")}};
static const struct given selected_raw = {
    WEIR_CONVERT_RAW, 1, {KV("content", "x")}, {KV("db", "mydb")}};

static const struct {
    const struct given *given;
    const char *selector, *expected; /* NULL: none */
} selections[] = {
    {&selected, "content.method", "PUT"},
    {&selected, "content.label", NULL},
    {&selected, "content.__tag__:label", NULL},
    {&selected, "content.tag.x", "y"},
    {&selected, "tag.host.name", "h"},
    {&selected, "tag.__hostname__", "h"},
    {&selected, "tag._node_ip_", "1.2"},
    {&selected, "tag._pod_name_", NULL},
    {&selected, "tag.host.ip", ""},
    {&selected, "tag.log.topic", "t"},
    {&selected, "tag.ip", "1.2"},
    {&selected, "tag.k8s.node.ip", "1.2"},
    {&selected, "tag.env_tag", "e"},
    {&selected, "tag.env", "e"},
    {&selected, "tag.label", NULL},
    {&selected, "tag.method", NULL},
    {&selected, "method", NULL},
    {&selected_influx, "tag.db", "later"},
    {&selected_influx, "bare", "x"},
    {&selected_influx, "tag.bare", NULL},
    {&selected_influx, "tag.own", "o"},
    {&selected_influx, "db", NULL},
    {&selected_raw, "metadata.db", "mydb"},
    {&selected_raw, "tag.db", "mydb"},
    {&selected_raw, "tag.none", ""},
    {&selected_raw, "db", NULL},
};

START_TEST(selects)
{
    const struct weir_str *found;
    struct converted made;

    convert(&made, selections[_i].given);
    ck_assert_msg(!made.why, "%s", made.why);
    found = weir_convert_find(made.convert, weir_str_of(selections[_i].selector));
    ck_assert_msg(!found == !selections[_i].expected &&
                      (!found || weir_str_is(*found, selections[_i].expected)),
        "%s: %.*s", selections[_i].selector, found ? (int)found->size : 4,
        found ? found->data : "none");
    finish(&made);
}
END_TEST

START_TEST(knows_its_selectors)
{
    static const uint32_t single = WEIR_CONVERT_CUSTOM_SINGLE, raw = WEIR_CONVERT_RAW;

    ck_assert(weir_convert_selects(single, weir_str_of("content.x")));
    ck_assert(weir_convert_selects(single, weir_str_of("tag.x")));
    ck_assert(!weir_convert_selects(single, weir_str_of("values.method")));
    ck_assert(!weir_convert_selects(single, weir_str_of("metadata.x")));
    ck_assert(weir_convert_selects(raw, weir_str_of("metadata.x")));
    ck_assert(!weir_convert_selects(raw, weir_str_of("content.x")));
    ck_assert(weir_convert_selects(WEIR_CONVERT_INFLUXDB, weir_str_of("anything")));
}
END_TEST

/* More keys than are sorted by insertion; each there twice, the second counts. */
START_TEST(many_keys)
{
    enum { N = 1000 };
    static char keys[N][8];
    static struct weir_kv contents[2 * N];
    struct weir_convert_options options = {.protocol = WEIR_CONVERT_CUSTOM_SINGLE_FLATTEN};
    struct weir_convert *made = weir_convert_create(&options);
    struct weir_group group = {0};
    struct weir_log log = {.contents = contents, .n_contents = 2 * N};
    struct weir_buffer out = {0}, expected = {0};

    for (size_t i = 0; i < N; i++) {
        size_t place = i * 389 % N;

        sprintf(keys[i], "k%03zu", i);
        contents[place] = (struct weir_kv){weir_str_of(keys[i]), weir_str_of("first")};
        contents[N + place] = (struct weir_kv){weir_str_of(keys[i]), weir_str_of(keys[i])};
    }
    weir_buffer_append_text(&expected, "{\"host.ip\":\"\"");
    for (size_t i = 0; i < N; i++) {
        char member[32];

        snprintf(member, sizeof member, ",\"k%03zu\":\"k%03zu\"", i, i);
        weir_buffer_append_text(&expected, member);
    }
    weir_buffer_append_text(&expected, ",\"time\":0}");
    weir_convert_group(made, &group);
    ck_assert_ptr_null(weir_convert_log(made, &log, &out));
    ck_assert_uint_eq(out.size, expected.size);
    ck_assert_mem_eq(out.data, expected.data, out.size);
    weir_buffer_finish(&out);
    weir_buffer_finish(&expected);
    weir_convert_destroy(made);
}
END_TEST

/* The tags of one log are not those of the next. */
START_TEST(logs_of_a_group)
{
    static const struct weir_kv tagged = KV("__tag__:x", "1"), plain = KV("a", "b");
    struct weir_convert_options options = {.protocol = WEIR_CONVERT_CUSTOM_SINGLE};
    struct weir_convert *made = weir_convert_create(&options);
    struct weir_group group = {0};
    struct weir_log first = {.contents = &tagged, .n_contents = 1};
    struct weir_log second = {.contents = &plain, .n_contents = 1};
    struct weir_buffer out = {0};

    weir_convert_group(made, &group);
    weir_convert_log(made, &first, &out);
    ck_assert_ptr_nonnull(weir_convert_find(made, weir_str_of("tag.x")));
    weir_convert_log(made, &second, &out);
    ck_assert_ptr_null(weir_convert_find(made, weir_str_of("tag.x")));
    weir_buffer_append_byte(&out, '\0');
    ck_assert_str_eq(out.data,
        "{\"contents\":{},\"tags\":{\"host.ip\":\"\",\"x\":\"1\"},\"time\":0}"
        "{\"contents\":{\"a\":\"b\"},\"tags\":{\"host.ip\":\"\"},\"time\":0}");
    weir_buffer_finish(&out);
    weir_convert_destroy(made);
}
END_TEST

/* -- remote write -- */

#define SERIES(NAME, TEXT, WHY, ...) \
    { \
        NAME, {WEIR_CONVERT_PROMETHEUS, __VA_ARGS__}, TEXT, sizeof TEXT - 1, WHY \
    }
#define TIME_5MS KV("__time_nano__", "5000000")
#define SAMPLE_1_5_AT_5MS "\x12\x0b\x09\0\0\0\0\0\0\xf8\x3f\x10\x05"

static const struct {
    const char *name;
    struct given given;
    const char *expected;
    size_t size;
    const char *why;
} series[] = {
    SERIES("labels by name, empty ones left out",
        "\x0a\x2d\x0a\x0d\x0a\x08__name__\x12\x01m\x0a\x07\x0a\x01"
        "a\x12\x02xy\x0a\x06\x0a\x01z\x12\x01q\x12\x0b\x09\0\0\0\0\0\0\xf8\x3f\x10\x05",
        NULL, 9,
        {KV("__labels__", "z#$#q|e#$#|a#$#xy"), KV("__name__", "m"), KV("__value__", "1.5"),
            TIME_5MS}),
    SERIES("names in front of __name__, and none of that name",
        "\x0a\x24\x0a\x06\x0a\x01"
        "A\x12\x01v\x0a\x0d\x0a\x08__name__\x12\x01m" SAMPLE_1_5_AT_5MS,
        NULL, 9,
        {KV("__labels__", "A#$#v|__name__#$#x"), KV("__name__", "m"), KV("__value__", "1.5"),
            TIME_5MS}),
    SERIES("a field behind the name",
        "\x0a\x1e\x0a\x0f\x0a\x08__name__\x12\x03m_f" SAMPLE_1_5_AT_5MS, NULL, 9,
        {KV("__name__", "m:f"), KV("__field__", "f"), KV("__value__", "1.5"), TIME_5MS}),
    SERIES("the ordinary field", "\x0a\x1c\x0a\x0d\x0a\x08__name__\x12\x01m" SAMPLE_1_5_AT_5MS,
        NULL, 9, {KV("__name__", "m"), KV("__field__", "value"), KV("__value__", "1.5"), TIME_5MS}),
    SERIES("zeros are not written, and the log's time is taken",
        "\x0a\x14\x0a\x0d\x0a\x08__name__\x12\x01m\x12\x03\x10\xe8\x07", NULL, 1,
        {KV("__name__", "m"), KV("__value__", "0")}),
    SERIES("the end of a series",
        "\x0a\x1c\x0a\x0d\x0a\x08__name__\x12\x01m\x12\x0b\x09\x02\0\0\0\0\0\xf0\x7f\x10\x05", NULL,
        9, {KV("__name__", "m"), KV("__value__", "__STALE_NAN__"), TIME_5MS}),
    SERIES("a zero with a sign", "\x0a\x14\x0a\x0d\x0a\x08__name__\x12\x01m\x12\x03\x10\xe8\x07",
        NULL, 1, {KV("__name__", "m"), KV("__value__", "-0")}),
    SERIES("a time after 2262", "", "__time_nano__ is no time", 1,
        {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "9999999999999")}),
    SERIES("no name", "", "no metric", 1, {KV("__value__", "0")}),
    SERIES("no value", "", "no metric", 1, {KV("__name__", "m")}),
    SERIES("no number", "", "no number", 1, {KV("__name__", "m"), KV("__value__", "1x")}),
    SERIES("no time", "", "__time_nano__ is no time", 1,
        {KV("__name__", "m"), KV("__value__", "1"), KV("__time_nano__", "now")}),
    SERIES("no text", "", "not UTF-8", 1,
        {KV("__name__", "m"), KV("__value__", "1"), KV("__labels__", "a#$#\xff")}),
    SERIES("a label without a value", "", "found miss matching key: a", 1,
        {KV("__name__", "m"), KV("__value__", "1"), KV("__labels__", "a")}),
};

START_TEST(writes_series)
{
    struct weir_buffer out = {0};
    struct weir_convert_options options = {.protocol = WEIR_CONVERT_PROMETHEUS};
    struct weir_convert *convert = weir_convert_create(&options);
    const struct given *given = &series[_i].given;
    struct weir_log log = {
        .time_s = given->time_s, .n_contents = count(given->contents), .contents = given->contents};
    struct weir_group group = {
        .struct_size = sizeof group, .logs = &log, .n_logs = 1, .log_stride = sizeof log};
    const char *why;

    weir_convert_group(convert, &group);
    why = weir_convert_log(convert, &log, &out);
    if (series[_i].why) {
        ck_assert_msg(why && strstr(why, series[_i].why), "%s: %s", series[_i].name, why);
        ck_assert_uint_eq(out.size, 0);
    } else {
        ck_assert_msg(!why, "%s: %s", series[_i].name, why);
        ck_assert_uint_eq(out.size, series[_i].size);
        ck_assert_mem_eq(out.data, series[_i].expected, out.size);
    }
    weir_buffer_finish(&out);
    weir_convert_destroy(convert);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("convert");

    tcase_add_loop_test(tests, writes_series, 0, sizeof series / sizeof series[0]);
    tcase_add_loop_test(tests, golden, 0, sizeof rows / sizeof rows[0]);
    tcase_add_loop_test(tests, floats_as_go_has_them, 0, sizeof floats / sizeof floats[0]);
    tcase_add_loop_test(tests, selects, 0, sizeof selections / sizeof selections[0]);
    tcase_add_test(tests, knows_its_selectors);
    tcase_add_test(tests, many_keys);
    tcase_add_test(tests, logs_of_a_group);
    return unit_run(tests);
}
