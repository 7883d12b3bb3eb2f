/*
 * Every processor on random logs, good ones and mangled ones: after a while nothing is
 * allocated any more, whatever the logs.
 */
#include <stdatomic.h>
#include "process/processing.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define HAS_OWN_MALLOC 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_MALLOC 1
#endif

static atomic_ulong n_allocations;

#ifndef HAS_OWN_MALLOC
extern void *__libc_malloc(size_t size);                /* NOLINT */
extern void *__libc_calloc(size_t count, size_t size);  /* NOLINT */
extern void *__libc_realloc(void *memory, size_t size); /* NOLINT */

void *malloc(size_t size)
{
    atomic_fetch_add(&n_allocations, 1);
    return __libc_malloc(size);
}

void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&n_allocations, 1);
    return __libc_calloc(count, size);
}

void *realloc(void *memory, size_t size)
{
    atomic_fetch_add(&n_allocations, 1);
    return __libc_realloc(memory, size);
}
#endif

#define ACCESS "192.0.2.1 - frank [10/Oct/2023:13:55:36 +0000] \"GET /a?b=c HTTP/1.1\" 200 2326"
#define OBJECT "{\"a\":1,\"b\":{\"c\":[1,{\"d\":null}],\"e\":\"x\\ty\"}}"
#define S "\"SourceKey\":\"s\""

/* Logs have the fields "s", a random one of these texts, and "k", "v". */
static const struct {
    const char *type, *options, *texts[3];
} rows[] = {
    {"add_fields", "{\"Fields\":{\"x\":\"1\",\"k\":\"2\"}}", {"a"}},
    {"appender", "{\"Key\":\"s\",\"Value\":\"|b#$#{{__host__}}\",\"SortLabels\":true}",
        {"z#$#1|a#$#2", "x"}},
    {"base64_decoding", "{" S ",\"NewKey\":\"n\"}", {"YWJj", "YQ=="}},
    {"base64_encoding", "{" S ",\"NewKey\":\"n\"}", {"hello"}},
    {"csv", "{" S ",\"SplitKeys\":[\"a\",\"b\"],\"PreserveOthers\":true}",
        {"1,\"2\"\"x\",3,\"4,5\"", "1"}},
    {"csv",
        "{" S ",\"SplitKeys\":[\"a\"],\"PreserveOthers\":true,\"ExpandOthers\":true,"
        "\"ExpandKeyPrefix\":\"e\"}",
        {"1,2,3,4,5"}},
    {"default", "{}", {"a"}},
    {"desensitize",
        "{" S ",\"Method\":\"md5\",\"Match\":\"regex\",\"RegexBegin\":\"pwd=\",\"RegexContent\":\"["
        "^,]+\"}",
        {"a,pwd=1,pwd=22", "x"}},
    {"desensitize_native",
        "{" S ",\"Method\":\"const\",\"ReplacingString\":\"***\","
        "\"ContentPatternBeforeReplacedString\":\"pwd=\","
        "\"ReplacedContentPattern\":\"[^,]+\",\"ReplacingAll\":true}",
        {"a,pwd=1,pwd=22", "x"}},
    {"dict_map", "{" S ",\"DestKey\":\"d\",\"MapDict\":{\"a\":\"1\",\"b\":\"2\"}}",
        {"a", "b", "c"}},
    {"drop", "{\"DropKeys\":[\"s\"]}", {"a"}},
    {"fields_with_condition",
        "{\"DropIfNotMatchCondition\":true,\"Switch\":[{\"Case\":{\"RelationOperator\":\"regexp\","
        "\"FieldConditions\":{\"s\":\"^a\"}},\"Actions\":[{\"type\":\"processor_add_fields\","
        "\"Fields\":{\"x\":\"y\"}},"
        "{\"type\":\"processor_drop\",\"DropKeys\":[\"k\"]}]}]}",
        {"a", "b"}},
    {"filter_key_regex", "{\"Include\":[\"s\"],\"Exclude\":[\"^x\"]}", {"a"}},
    {"filter_regex", "{\"Include\":{\"s\":\"a\"},\"Exclude\":{\"s\":\"b$\"}}", {"a", "ab", "x"}},
    {"filter_regex_native", "{\"Include\":{\"s\":\"a.*\"},\"DiscardingNonUTF8\":true}",
        {"a\303\244", "b"}},
    {"gotime",
        "{" S ",\"SourceFormat\":\"02/Jan/2006:15:04:05 -0700\",\"DestKey\":\"d\","
        "\"DestFormat\":\"2006-01-02T15:04:05.000Z07:00\"}",
        {"10/Oct/2023:13:55:36 +0000", "11/Oct/2023:13:55:36 +0200"}},
    {"grok", "{" S ",\"Match\":[\"%{COMMONAPACHELOG}\",\"%{WORD:w} %{NUMBER:n}\"]}",
        {ACCESS, "a 1", "-"}},
    {"json", "{" S ",\"ExpandArray\":true}", {OBJECT, "{\"x\":\"y\"}"}},
    {"log_to_sls_metric", "{\"MetricLabelKeys\":[\"k\"],\"MetricValues\":{\"n\":\"s\"}}",
        {"1", "2.5"}},
    {"log_to_sls_metric", "{\"MetricLabelKeys\":[\"k2\"],\"MetricValues\":{\"k\":\"s\"}}",
        {"1", "2.5"}},
    {"md5", "{" S ",\"MD5Key\":\"m\"}", {"hello"}},
    {"packjson", "{\"SourceKeys\":[\"s\",\"k\"],\"DestKey\":\"d\",\"KeepSource\":false}",
        {"a\"<\303\244", "b"}},
    {"parse_delimiter_native", "{" S ",\"Separator\":\",\",\"Keys\":[\"a\",\"b\"]}",
        {"1,\"2\"\"x\",3,4", "1"}},
    {"parse_json_native", "{" S ",\"KeepingSourceWhenParseFail\":true}", {OBJECT, "{\"k\":\"y\"}"}},
    {"parse_regex_native", "{" S ",\"Regex\":\"(\\\\w+) (.*)\",\"Keys\":[\"a\",\"k\"]}",
        {"a b", "x y z"}},
    {"parse_timestamp_native", "{" S ",\"SourceFormat\":\"%Y-%m-%d %H:%M:%S.%f\"}",
        {"2023-10-10 13:55:36.25"}},
    {"pick_key", "{\"Include\":[\"s\"]}", {"a"}},
    {"rate_limit", "{\"Limit\":\"50/s\",\"Fields\":[\"s\",\"k\"]}", {"a", "b"}},
    {"regex",
        "{" S
        ",\"Regex\":\"^(\\\\S+) \\\\S+ (\\\\S+) \\\\[([^\\\\]]*)\",\"Keys\":[\"a\",\"b\",\"c\"]}",
        {ACCESS, "x"}},
    {"rename", "{\"SourceKeys\":[\"s\"],\"DestKeys\":[\"t\"]}", {"a"}},
    {"split_char",
        "{" S
        ",\"SplitSep\":\",\",\"Quote\":\"\\\"\",\"QuoteFlag\":true,\"SplitKeys\":[\"a\",\"b\"]}",
        {"1,\"2\"\"x\",3", "1"}},
    {"split_key_value", "{" S ",\"Delimiter\":\" \",\"Separator\":\"=\",\"Quote\":\"\\\"\"}",
        {"a=1 b=\"2 3\" =4 5", "a=1"}},
    {"split_log_regex", "{\"SplitKey\":\"s\",\"SplitRegex\":\"\\\\d+.*\",\"PreserveOthers\":true}",
        {"1 a\nb\n2 c\n3", "x"}},
    {"split_log_string", "{\"SplitKey\":\"s\",\"EnableLogPositionMeta\":true}", {"a\nb\n\nc", "x"}},
    {"split_string",
        "{" S ",\"SplitSep\":\"::\",\"SplitKeys\":[\"a\"],\"ExpandOthers\":true,"
        "\"ExpandKeyPrefix\":\"e\"}",
        {"1::2::3", "1"}},
    {"string_replace",
        "{" S ",\"Method\":\"regex\",\"Match\":\"(\\\\w)\\\\d\",\"ReplaceString\":\"$1$1\"}",
        {"a1 b2 c3", "\303\2441"}},
    {"string_replace", "{" S ",\"Method\":\"const\",\"Match\":\"a\",\"ReplaceString\":\"bb\"}",
        {"banana", "x"}},
    {"string_replace", "{" S ",\"Method\":\"unquote\"}", {"a\\tb\\u00e4", "\"x\""}},
    {"strptime", "{" S ",\"Format\":\"%Y-%m-%d %H:%M:%S\",\"EnablePreciseTimestamp\":true}",
        {"2023-10-10 13:55:36", "2023-10-10 13:55:37"}},
};

static uint64_t seed = 1;

static unsigned choose(unsigned n)
{
    seed = seed * 6364136223846793005U + 1442695040888963407U;
    return (unsigned)(seed >> 33) % n;
}

/* A random text of the row, one time in four with a byte changed, or cut. */
static void add_random_log(const char *const *texts)
{
    static const char bytes[] = "\0\n\t \"',:=[]{}\\%1a\377\303";
    struct weir_log *log = batch_add_log(test.batch, 2);
    unsigned n_texts = texts[2] ? 3 : texts[1] ? 2 : 1;
    struct weir_str text = batch_copy(test.batch, str_of(texts[choose(n_texts)]));

    if (text.size && choose(4) == 0)
        ((char *)(uintptr_t)text.data)[choose((unsigned)text.size)] =
            bytes[choose(sizeof bytes - 1)];
    if (text.size && choose(4) == 0)
        text.size = choose((unsigned)text.size);
    batch_add_content(test.batch, log, str_of("s"), text);
    batch_add_content(test.batch, log, str_of("k"), str_of("v"));
}

static void run_batches(const char *const *texts, int count)
{
    for (int i = 0; i < count; i++) {
        processing_next();
        for (int j = 0; j < 200; j++)
            add_random_log(texts);
        processing_run();
    }
}

START_TEST(nothing_is_allocated_after_a_while)
{
    unsigned long before;
    char type[64];

    snprintf(type, sizeof type, "processor_%s", rows[_i].type);
    ck_assert_msg(processing_create_json(type, rows[_i].options), "%s: %s", type, test.why);
    run_batches(rows[_i].texts, 60);
#ifndef HAS_OWN_MALLOC
    ck_assert_uint_gt(atomic_load(&n_allocations), 0); /* they are counted */
#endif
    before = atomic_load(&n_allocations);
    run_batches(rows[_i].texts, 60);
    ck_assert_msg(atomic_load(&n_allocations) == before, "%s: %lu allocations for 12,000 logs",
        type, atomic_load(&n_allocations) - before);
}
END_TEST

START_TEST(every_processor_is_here)
{
    const struct processor_class *class;

    for (size_t i = 0; (class = processor_class_at(i)); i++) {
        size_t j = 0;

        while (j < ARRAY_SIZE(rows) &&
               strcmp(rows[j].type, class->config.type + strlen("processor_")) != 0)
            j++;
        ck_assert_msg(j < ARRAY_SIZE(rows), "%s", class->config.type);
    }
}
END_TEST

int main(void)
{
    TCase *tests = tcase_create("steady");

    tcase_set_timeout(tests, 60);
    tcase_add_checked_fixture(tests, processing_start, processing_end);
    tcase_add_loop_test(tests, nothing_is_allocated_after_a_while, 0, ARRAY_SIZE(rows));
    tcase_add_test(tests, every_processor_is_here);
    return unit_run(tests);
}
