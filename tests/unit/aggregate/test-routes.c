/* The aggregators that part the logs of a source: which groups come of which logs. */
#include <stdio.h>
#include "aggregate/collect.h"
#include "aggregate/harness.h"
#include "base/buf.h"
#include "unit.h"

/* Logs "k=v|k=v;k=v": times 1, 2, ...; `tags` in the same form, of their source. */
static void push_text(const char *context, const char *tags, const char *logs)
{
    struct batch *batch = make_batch(context, 0, 0);
    struct weir_str *items = batch_alloc(batch, (strlen(tags) + 1) * sizeof *items);
    struct weir_kv *pairs = batch_alloc(batch, (strlen(tags) + 1) * sizeof *pairs);
    uint32_t time = 0;

    batch->n_tags = (uint32_t)given_split(&test.arena, tags, items);
    for (uint32_t i = 0; i < batch->n_tags; i++)
        pairs[i] = given_pair(items[i]);
    batch->tags = pairs;
    while (*logs) {
        size_t size = strcspn(logs, ";");
        char *text = arena_alloc(&test.arena, size + 1);
        struct weir_str contents[32];
        struct weir_log *log = batch_add_log(batch, 1);
        size_t count;

        memcpy(text, logs, size);
        text[size] = '\0';
        count = given_split(&test.arena, text, contents);
        log->time_s = ++time;
        for (size_t i = 0; i < count; i++) {
            struct weir_kv pair = given_pair(contents[i]);

            batch_add_content(batch, log, pair.key, pair.value);
        }
        logs += size + (logs[size] == ';');
    }
    push(batch);
}

static void put_group(struct buf *text, const struct weir_group *group)
{
    buf_append(text, group->category.data, group->category.size);
    buf_putc(text, '[');
    for (uint32_t i = 0; i < group->n_tags; i++) {
        if (str_equal(group->tags[i].key, str_of("__pack_id__")))
            continue;
        if (i)
            buf_putc(text, ' ');
        buf_append(text, group->tags[i].key.data, group->tags[i].key.size);
        buf_putc(text, '=');
        buf_append(text, group->tags[i].value.data, group->tags[i].value.size);
    }
    buf_putc(text, ']');
    for (uint32_t i = 0; i < group->n_logs; i++)
        buf_printf(text, "%s%u", i ? "," : "", weir_log_at(group, i)->time_s);
}

/* All groups so far: "category[tags]times category[tags]times". */
static const char *groups_text(struct buf *text)
{
    for (size_t i = 0; i < test.n_groups; i++) {
        if (i)
            buf_putc(text, ' ');
        put_group(text, view(i));
    }
    return buf_text(text);
}

#define VALUE "aggregator_content_value_group"
#define SHARD "aggregator_shardhash"
#define ROUTER "aggregator_logstore_router"
#define OTEL "aggregator_opentelemetry"
#define METADATA "aggregator_metadata_group"
#define FIVE "a=1|b=1|c=1|d=1|e=1"
#define EIGHTEEN FIVE "|f=1|g=1|h=1|i=1|j=1|k=1|l=1|m=1|n=1|o=1|p=1|q=1|r=1"

/* The last bytes of XXH64, as xxhsum has it: "a" 0x5b, "d" 0xe4, "a_b" 0x0a, "56" 0x01. */
static const struct {
    const char *what, *type;
    struct given given[5];
    const char *tags, *logs, *expected;
} routes[] = {
    {"equal values", VALUE, {{"GroupKeys", "k"}}, "", "k=x;k=y;k=x;k=y;k=x",
        "store[k=x]1,3,5 store[k=y]2,4"},
    {"several keys, in the order given", VALUE, {{"GroupKeys", "k|j"}}, "",
        "j=1|k=x;k=x|j=2;k=x|j=1", "store[k=x j=1]1,3 store[k=x j=2]2"},
    {"no collision of joined values", VALUE, {{"GroupKeys", "k|j"}}, "",
        "k=a_|j=b;k=a|j=_b;k=a_|j=b", "store[k=a_ j=b]1,3 store[k=a j=_b]2"},
    {"a key that is not there is empty", VALUE, {{"GroupKeys", "k|j"}}, "", "j=1;k=|j=1;k=2",
        "store[k= j=1]1,2 store[k=2 j=]3"},
    {"the first of equal keys counts", VALUE, {{"GroupKeys", "k"}}, "", "k=1|k=2;k=2|k=1",
        "store[k=1]1 store[k=2]2"},
    {"behind the source's tags", VALUE, {{"GroupKeys", "k"}}, "t=1|u=2", "k=x",
        "store[t=1 u=2 k=x]1"},
    {"a tag of the source stays", VALUE, {{"GroupKeys", "k|j"}}, "k=mine", "k=x|j=1;k=y|j=1",
        "store[k=mine j=1]1 store[k=mine j=1]2"},
    {"one shard", SHARD, {{"SourceKeys", "k"}, {"ShardCount", "1"}}, "", "k=a;k=b",
        "store[__shardhash__=00000000000000000000000000000000]1,2"},
    {"eight shards", SHARD, {{"SourceKeys", "k"}}, "", "k=a;k=d;k=a",
        "store[__shardhash__=60000000000000000000000000000000]1,3 "
        "store[__shardhash__=80000000000000000000000000000000]2"},
    {"values are joined", SHARD, {{"SourceKeys", "k|j"}}, "", "j=b|k=a",
        "store[__shardhash__=40000000000000000000000000000000]1"},
    {"a connector", SHARD, {{"SourceKeys", "k|j"}, {"Connector", ""}}, "", "j=6|k=5",
        "store[__shardhash__=20000000000000000000000000000000]1"},
    {"32 shards, leading zeroes kept", SHARD, {{"SourceKeys", "k"}, {"ShardCount", "32"}}, "",
        "k=a;k=56",
        "store[__shardhash__=d8000000000000000000000000000000]1 "
        "store[__shardhash__=08000000000000000000000000000000]2"},
    {"routes in order", ROUTER,
        {{"SourceKey", "k"}, {"RouterRegex", "a.*|ab|b+"}, {"RouterLogstore", "one|two|three"}}, "",
        "k=ab;k=bbb;k=a;k=c", "one[]1,3 three[]2 store[]4"},
    {"the whole value must match", ROUTER,
        {{"SourceKey", "k"}, {"RouterRegex", "ab"}, {"RouterLogstore", "one"}}, "",
        "k=abc;k=cab;k=ab", "store[]1,2 one[]3"},
    {"the first field without SourceKey", ROUTER, {{"RouterRegex", "x"}, {"RouterLogstore", "one"}},
        "", "j=x|k=y;j=y|k=x", "one[]1 store[]2"},
    {"left out", ROUTER,
        {{"SourceKey", "k"}, {"RouterRegex", "x"}, {"RouterLogstore", "one"},
            {"DropDisMatch", "true"}},
        "", "k=x;k=y;j=x;k=x", "one[]1,4"},
    {"no routes", ROUTER, {{0}}, "", "k=x;k=y", "store[]1,2"},
    {"by the number of fields", OTEL, {{0}}, "",
        FIVE ";" FIVE "|f=1;" EIGHTEEN ";" EIGHTEEN "|s=1;a=1",
        "otlp-metrics[]1,5 otlp-logs[]2,3 otlp-traces[]4"},
    {"logstores by name", OTEL,
        {{"MetricsLogstore", "m"}, {"TraceLogstore", "t"}, {"LogLogstore", ""}}, "",
        "a=1;" EIGHTEEN ";" EIGHTEEN "|s=1", "m[]1 store[]2 t[]3"},
    {"only the tags named", METADATA, {{"GroupMetadataKeys", "t|none"}}, "u=1|t=2", "k=x;k=y",
        "store[t=2 none=]1,2"},
    {"MaxLogCount", ROUTER, {{"MaxLogCount", "2"}, {"RouterRegex", "x"}, {"RouterLogstore", "one"}},
        "", "k=x;k=y;k=x;k=y;k=x", "one[]1,3 store[]2,4 one[]5"},
    {"GroupMaxEventLength", METADATA, {{"GroupMaxEventLength", "2"}}, "", "k=1;k=2;k=3",
        "store[]1,2 store[]3"},
    /* A log counts 6 + 5 + 1 + its value. */
    {"GroupMaxByteLength", METADATA, {{"GroupMaxByteLength", "26"}}, "", "k=1;k=2;k=3",
        "store[]1,2 store[]3"},
    {"an oversize log is dropped", METADATA, {{"GroupMaxByteLength", "15"}}, "", "k=123;k=1234;k=1",
        "store[]1 store[]3"},
    {"an oversize log is passed on alone", METADATA,
        {{"GroupMaxByteLength", "15"}, {"DropOversizeEvent", "false"}}, "", "k=123;k=1234;k=1",
        "store[]1 store[]2 store[]3"},
};

START_TEST(route_row)
{
    SCOPED_BUF struct buf text = {0};

    create(routes[_i].type, routes[_i].given);
    push_text("source", routes[_i].tags, routes[_i].logs);
    seal();
    ck_assert_msg(strcmp(groups_text(&text), routes[_i].expected) == 0, "%s:\n%s\ninstead of\n%s",
        routes[_i].what, buf_text(&text), routes[_i].expected);
}
END_TEST

START_TEST(sources_stay_apart)
{
    static const struct given by_key[] = {{"GroupKeys", "k"}, {0}};
    SCOPED_BUF struct buf text = {0};

    create(VALUE, by_key);
    push_text("a", "f=a", "k=x;k=y");
    push_text("b", "f=b", "k=x");
    push_text("a", "f=a", "k=y;k=x");
    seal();
    ck_assert_str_eq(groups_text(&text), "store[f=a k=x]1,2 store[f=a k=y]2,1 store[f=b k=x]1");
}
END_TEST

START_TEST(metadata_goes_across_sources)
{
    static const struct given by_tag[] = {{"GroupMetadataKeys", "t"}, {0}};
    SCOPED_BUF struct buf text = {0};

    create(METADATA, by_tag);
    push_text("a", "t=1|f=a", "k=x;k=y");
    push_text("b", "t=1|f=b", "k=x");
    push_text("c", "t=2|f=c", "k=x");
    seal();
    ck_assert_str_eq(groups_text(&text), "store[t=1]1,2,1 store[t=2]1");
}
END_TEST

START_TEST(oversize_logs_are_counted)
{
    static const struct given small[] = {{"GroupMaxByteLength", "15"}, {0}};

    create(METADATA, small);
    push_text("", "", "k=123;k=1234;k=12345");
    seal();
    ck_assert_uint_eq(test.n_groups, 1);
    ck_assert_uint_eq(test.aggregator->n_dropped, 2);
}
END_TEST

static unsigned pack_number(size_t i)
{
    const struct weir_kv *tag = &view(i)->tags[view(i)->n_tags - 1];
    char text[40];

    check_text(tag->key, "__pack_id__");
    snprintf(text, sizeof text, "%.*s", (int)tag->value.size, tag->value.data);
    return (unsigned)strtoul(strchr(text, '-') + 1, NULL, 16);
}

/* Groups of one key follow each other; shards share one sequence. */
static const struct {
    const char *type, *option, *value;
    unsigned expected[4]; /* of "k=a;k=d" twice: a, d, a, d */
} numbers[] = {
    {VALUE, "GroupKeys", "k", {1, 1, 2, 2}},
    {SHARD, "SourceKeys", "k", {0, 1, 2, 3}},
};

START_TEST(pack_ids_row)
{
    struct given given[] = {{numbers[_i].option, numbers[_i].value}, {0}};

    create(numbers[_i].type, given);
    for (int i = 0; i < 2; i++) {
        push_text("", "", "k=a;k=d");
        seal();
    }
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(pack_number(i), numbers[_i].expected[i]);
}
END_TEST

START_TEST(no_pack_ids)
{
    static const struct given given[] = {{"GroupKeys", "k"}, {"EnablePackID", "false"}, {0}};

    create(VALUE, given);
    push_text("", "", "k=a");
    seal();
    ck_assert_uint_eq(view(0)->n_tags, 1);
}
END_TEST

/* More values than groups may be open: the oldest go, nothing is lost, and what has
 * no open group is forgotten. */
START_TEST(values_without_number)
{
    static const struct given given[] = {{"GroupKeys", "k"}, {0}};
    size_t n_logs = 0;

    create(VALUE, given);
    for (int i = 0; i < 10000; i++) {
        char log[20];

        snprintf(log, sizeof log, "k=%d", i);
        push_text("", "", log);
        n_logs += test.n_groups;
        drop_groups();
    }
    ck_assert_uint_eq(n_logs, 10000 - COLLECT_OPEN_GROUPS_MAX);
    seal();
    ck_assert_uint_eq(test.n_groups, COLLECT_OPEN_GROUPS_MAX);
}
END_TEST

/* All 512 shards have names of their own. */
START_TEST(shards_have_names_of_their_own)
{
    static const struct given given[] = {{"SourceKeys", "k"}, {"ShardCount", "512"}, {0}};
    SCOPED_BUF struct buf logs = {0};

    create(SHARD, given);
    for (int i = 0; i < 10000; i++)
        buf_printf(&logs, "%sk=%d", i ? ";" : "", i);
    push_text("", "", buf_text(&logs));
    seal();
    ck_assert_uint_eq(test.n_groups, 512);
    for (size_t i = 0; i < test.n_groups; i++) {
        ck_assert_uint_eq(view(i)->tags[0].value.size, 32);
        for (size_t j = 0; j < i; j++)
            ck_assert(!str_equal(view(i)->tags[0].value, view(j)->tags[0].value));
    }
}
END_TEST

static const struct {
    const char *type;
    struct given given[3];
    const char *words;
} refusals[] = {
    {SHARD, {{"SourceKeys", "k"}, {"ShardCount", "6"}}, "ShardCount is 6 and must be a power of"},
    {ROUTER, {{"RouterRegex", "a|b"}, {"RouterLogstore", "one"}},
        "RouterRegex has 2 entries and RouterLogstore has 1"},
    {ROUTER, {{"RouterRegex", "a|(b"}, {"RouterLogstore", "one|two"}}, "RouterRegex, entry 2: "},
};

START_TEST(refusal_row)
{
    const char *why = refusal(refusals[_i].type, refusals[_i].given);

    ck_assert_msg(strstr(why, refusals[_i].words) == why, "%s", why);
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("routes");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, start, end);
    tcase_add_loop_test(tests, route_row, 0, ARRAY_SIZE(routes));
    tcase_add_test(tests, sources_stay_apart);
    tcase_add_test(tests, metadata_goes_across_sources);
    tcase_add_test(tests, oversize_logs_are_counted);
    tcase_add_loop_test(tests, pack_ids_row, 0, ARRAY_SIZE(numbers));
    tcase_add_test(tests, no_pack_ids);
    tcase_add_test(tests, values_without_number);
    tcase_add_test(tests, shards_have_names_of_their_own);
    tcase_add_loop_test(tests, refusal_row, 0, ARRAY_SIZE(refusals));
    return unit_run(tests);
}
