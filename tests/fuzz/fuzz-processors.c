/*
 * processor_json against the scanner of configurations and json-c: an object that they
 * take is taken apart without a failure into the same members. Other text, and the same
 * text under other options and through other processors, must do no harm; and what has a
 * way back (base64, CSV) must come back as it was.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/util.h"
#include "config/options.h"
#include "process/base64.h"
#include "process/csv_text.h"
#include "process/process.h"

#define CHECK(CONDITION) \
    do { \
        if (!(CONDITION)) \
            abort(); \
    } while (0)

static struct memory *memory;

static const char plain[] = "{\"SourceKey\":\"s\",\"ExpandDepth\":1,\"KeepSource\":false,"
                            "\"IgnoreFirstConnector\":true}";
static struct {
    const char *type, *options;
    struct processor *processor;
} used[] = {
    {"processor_json", plain, NULL},
    {"processor_json", "{\"SourceKey\":\"s\",\"ExpandArray\":true,\"Prefix\":\"p\"}", NULL},
    {"processor_regex", "{\"Regex\":\"^([^:]*):\\\\s*(.*?),(.*)$\",\"Keys\":[\"a\",\"b\",\"c\"]}",
        NULL},
    {"processor_regex", "{\"Regex\":\"(\\\\w+|.)([^x]{2,})?x\",\"Keys\":[\"a\",\"b\"]}", NULL},
    {"processor_appender", "{\"Key\":\"s\",\"Value\":\"|b#$#1\",\"SortLabels\":true}", NULL},
    {"processor_base64_decoding", "{\"SourceKey\":\"s\",\"NewKey\":\"n\"}", NULL},
    {"processor_csv", "{\"SplitKeys\":[\"a\"],\"PreserveOthers\":true,\"TrimLeadingSpace\":true}",
        NULL},
    {"processor_csv",
        "{\"SplitKeys\":[\"a\"],\"PreserveOthers\":true,\"ExpandOthers\":true,\"SplitSep\":"
        "\"\\u00e4\"}",
        NULL},
    {"processor_desensitize",
        "{\"SourceKey\":\"s\",\"Method\":\"md5\",\"Match\":\"regex\",\"RegexBegin\":\"a*\","
        "\"RegexContent\":\"[^,]*\"}",
        NULL},
    {"processor_desensitize_native",
        "{\"SourceKey\":\"s\",\"Method\":\"const\",\"ReplacingString\":\"*\",\"ReplacingAll\":true,"
        "\"ContentPatternBeforeReplacedString\":\"a?\",\"ReplacedContentPattern\":\"\\\\d*\"}",
        NULL},
    {"processor_filter_regex_native", "{\"Include\":{\"s\":\".*\"},\"DiscardingNonUTF8\":true}",
        NULL},
    {"processor_gotime",
        "{\"SourceKey\":\"s\",\"SourceFormat\":\"Mon Jan _2 15:04:05.999 Z07:00 "
        "2006\",\"DestKey\":\"d\","
        "\"DestFormat\":\"2006-002 3:04:05.000pm MST\"}",
        NULL},
    {"processor_grok",
        "{\"SourceKey\":\"s\",\"Match\":[\"%{COMBINEDAPACHELOG}\",\"%{IP:i}|%{URI:u}|%{QS:q}\"]}",
        NULL},
    {"processor_log_to_sls_metric",
        "{\"CustomMetricLabels\":{\"a\":\"b\"},\"MetricValues\":{\"s\":\"v\"}}", NULL},
    {"processor_packjson", "{\"SourceKeys\":[\"s\"],\"DestKey\":\"d\"}", NULL},
    {"processor_parse_delimiter_native",
        "{\"SourceKey\":\"s\",\"Separator\":\",\",\"Keys\":[\"a\",\"s\"]}", NULL},
    {"processor_parse_delimiter_native",
        "{\"SourceKey\":\"s\",\"Separator\":\"::\",\"Keys\":[\"a\"],\"OverflowedFieldsTreatment\":"
        "\"keep\"}",
        NULL},
    {"processor_parse_json_native", "{\"SourceKey\":\"s\",\"KeepingSourceWhenParseFail\":true}",
        NULL},
    {"processor_parse_regex_native",
        "{\"SourceKey\":\"s\",\"Regex\":\"(.)(\\\\w*)( .*)?\",\"Keys\":[\"a\",\"b\",\"s\"]}", NULL},
    {"processor_parse_timestamp_native",
        "{\"SourceKey\":\"s\",\"SourceFormat\":\"%a %d %b %Y %H:%M:%S.%f %z\"}", NULL},
    {"processor_split_char",
        "{\"SplitSep\":\",\",\"Quote\":\"\\\"\",\"QuoteFlag\":true,\"SplitKeys\":[\"a\",\"b\","
        "\"c\"]}",
        NULL},
    {"processor_split_key_value", "{\"Delimiter\":\" \",\"Separator\":\"=\",\"Quote\":\"\\\"\"}",
        NULL},
    {"processor_split_log_regex", "{\"SplitRegex\":\"\\\\d+.*\",\"PreserveOthers\":true}", NULL},
    {"processor_split_log_string", "{\"EnableLogPositionMeta\":true}", NULL},
    {"processor_split_string", "{\"SplitSep\":\"::\",\"ExpandOthers\":true}", NULL},
    {"processor_string_replace",
        "{\"SourceKey\":\"s\",\"Method\":\"regex\",\"Match\":\"(\\\\w)|\",\"ReplaceString\":\"$1-"
        "\"}",
        NULL},
    {"processor_string_replace", "{\"SourceKey\":\"s\",\"Method\":\"unquote\"}", NULL},
    {"processor_strptime",
        "{\"SourceKey\":\"s\",\"Format\":\"%d/%b/%Y:%T %Z\",\"EnablePreciseTimestamp\":true}",
        NULL},
};

/* Static, so that nothing counts as lost when the fuzzer ends. */
static struct component_config configs[ARRAY_SIZE(used)];

static struct processor *create(struct component_config *config, const char *type, const char *json)
{
    static const struct global_config global;
    static char name[] = "fuzz";
    const struct processor_class *class = processor_class_at(0);
    struct diag_list diags = {0};
    struct document *document = document_parse("fuzz", json, strlen(json), &diags);
    struct options_request request = {.object = document->root};
    struct processor_context context = {"fuzz", config, &global};
    char why[200];

    for (size_t i = 0; strcmp(class->config.type, type) != 0;)
        class = processor_class_at(++i);
    request.class = &class->config;
    config->name = name;
    config->options = options_fill(&request, &diags);
    CHECK(config->options);
    document_destroy(document);
    return class->create(&context, why, sizeof why);
}

/* The log that a processor makes of the text; the batch must be destroyed. */
static struct batch *process(struct processor *processor, const uint8_t *data, size_t size)
{
    struct batch *batch = batch_create(memory, 1);
    struct weir_str text = {(const char *)data, size};

    batch_add_content(batch, batch_add_log(batch, 1), str_of("s"), text);
    processor->class->process(processor, batch);
    return batch;
}

static void compare(const struct weir_log *log, const struct json_node *object)
{
    CHECK(log->n_contents == object->n_children);
    for (uint32_t i = 0; i < log->n_contents; i++) {
        const struct json_node *member = &object->children[i];
        struct weir_str value = log->contents[i].value;

        CHECK(str_equal(log->contents[i].key, (struct weir_str){member->key, member->key_size}));
        if (json_object_is_type(member->value, json_type_string))
            CHECK(str_equal(value, (struct weir_str){json_object_get_string(member->value),
                                       (size_t)json_object_get_string_len(member->value)}));
    }
}

static void check_plain(
    const struct batch *batch, uint64_t n_failed, const uint8_t *data, size_t size)
{
    struct diag_list diags = {0};
    struct document *document = document_parse("fuzz", (const char *)data, size, &diags);

    if (document && !diags.n_errors &&
        json_object_is_type(document->root->value, json_type_object)) {
        CHECK(n_failed == 0);
        compare(&batch->logs[0], document->root);
    }
    document_destroy(document);
    diag_list_finish(&diags);
}

/* What base64 and CSV make of the text has a way back. */
static void check_ways_back(const uint8_t *data, size_t size)
{
    struct weir_str text = {(const char *)data, size}, back;
    char *encoded = malloc(BASE64_ENCODED_SIZE(size) + 1), *decoded = malloc(size + 4);
    struct buf record = {0};
    struct batch *batch = batch_create(memory, 1);
    struct csv csv = {.separator = {",", 1}};
    size_t decoded_size;

    base64_encode(text.data, size, encoded);
    CHECK(base64_decode(encoded, BASE64_ENCODED_SIZE(size), decoded, &decoded_size));
    CHECK(decoded_size == size && memcmp(decoded, data, size) == 0);
    csv_put_field(&record, csv.separator, text);
    buf_puts(&record, ",x");
    csv.at = record.data;
    csv.end = record.data + record.size;
    if (!memmem(data, size, "\r\n", 2) && !(size && data[size - 1] == '\r')) {
        CHECK(csv_take_field(&csv, &batch->arena, &back) == CSV_FIELD && str_equal(back, text));
        CHECK(
            csv_take_field(&csv, &batch->arena, &back) == CSV_LAST && str_equal(back, str_of("x")));
    }
    batch_destroy(batch);
    buf_finish(&record);
    free(encoded);
    free(decoded);
}

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    log_setup(LOG_LEVEL_ERROR, LOG_FORMAT_PLAIN);
    memory = memory_create(1 << 28);
    for (size_t i = 0; i < ARRAY_SIZE(used); i++)
        CHECK(used[i].processor = create(&configs[i], used[i].type, used[i].options));
    return 0;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    for (size_t i = 0; i < ARRAY_SIZE(used); i++) {
        uint64_t n_before = used[i].processor->n_failed;
        struct batch *batch = process(used[i].processor, data, size);

        if (used[i].options == plain)
            check_plain(batch, used[i].processor->n_failed - n_before, data, size);
        batch_destroy(batch);
    }
    check_ways_back(data, size);
    return 0;
}
