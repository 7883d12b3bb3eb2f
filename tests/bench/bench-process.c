/*
 * CPU time of the stages between a block that was read and a sealed group, for
 * 3,000,000 log lines: slicing into logs, a processor, collecting.
 *
 *     bench-process [regex|json|none] [REGEX]
 *     bench-process all                    one figure for each processor
 *     bench-process TYPE access|json OPTIONS
 */
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "aggregate/aggregate.h"
#include "base/buf.h"
#include "base/log.h"
#include "config/options.h"
#include "event/group.h"
#include "process/process.h"

#define N_LINES 3000000U
#define LINES_PER_BLOCK 2700U
#define BLOCK_BYTES (1 * MIB)

static const char access_regex[] =
    "^(\\S+) \\S+ (\\S+) \\[([^\\]]+)\\] \"(\\S+) (\\S+) [^\"]*\" (\\d+) (\\d+) \"([^\"]*)\" "
    "\"([^\"]*)\"$";

struct bench {
    struct memory *memory;
    struct block *block;
    struct weir_str lines[LINES_PER_BLOCK];
    uint64_t bytes;
    struct processor *processor;
    struct aggregator *aggregator;
    struct group_sink sink;
    uint64_t n_groups, n_logs, n_contents;
};

static double cpu_s(void)
{
    struct timespec now;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static int put_access_line(char *to, size_t size, unsigned i)
{
    static const char *const agents[] = {
        "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Firefox/115.0",
        "curl/7.88.1",
        "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/120.0 Safari/537.36",
    };

    return snprintf(to, size,
        "192.0.2.%u - user%u [10/Oct/2023:13:55:%02u +0000] \"GET /shop/item/%u?page=%u HTTP/1.1\" "
        "%u %u \"https://www.example.com/start/%u\" \"%s\"",
        i % 250, i % 97, i % 60, i * 7919 % 100000, i % 13, i % 11 ? 200 : 404, i * 31 % 50000,
        i % 500, agents[i % 3]);
}

static int put_json_line(char *to, size_t size, unsigned i)
{
    return snprintf(to, size,
        "{\"ip\":\"192.0.2.%u\",\"user\":\"user%u\",\"request\":{\"method\":\"GET\","
        "\"path\":\"/shop/item/%u\",\"ok\":true},\"status\":%u,\"bytes\":%u,"
        "\"referer\":\"https:\\/\\/www.example.com\\/%u\",\"took\":%u.5}",
        i % 250, i % 97, i * 7919 % 100000, i % 11 ? 200 : 404, i * 31 % 50000, i % 500, i % 1000);
}

static void fill_block(struct bench *bench, bool json)
{
    char *at, *end;

    bench->block = block_get(bench->memory, BLOCK_BYTES);
    at = bench->block->data;
    end = at + bench->block->size;
    for (unsigned i = 0; i < LINES_PER_BLOCK; i++) {
        int size = (json ? put_json_line : put_access_line)(at, (size_t)(end - at), i);

        bench->lines[i] = (struct weir_str){at, (size_t)size};
        bench->bytes += (size_t)size + 1;
        at += size + 1;
    }
}

static struct batch *make_batch(const struct bench *bench)
{
    struct batch *batch = batch_create(bench->memory, LINES_PER_BLOCK);
    struct weir_str key = batch_copy(batch, str_of("content"));

    batch_add_block(batch, bench->block);
    for (unsigned i = 0; i < LINES_PER_BLOCK; i++) {
        struct weir_log *log = batch_add_log(batch, 1);

        log->time_s = 1700000000;
        batch_add_content(batch, log, key, bench->lines[i]);
    }
    return batch;
}

static void take_group(struct group_sink *sink, struct group *group)
{
    struct bench *bench = container_of(sink, struct bench, sink);

    bench->n_groups++;
    bench->n_logs += group->view.n_logs;
    bench->n_contents += weir_log_at(&group->view, 0)->n_contents * group->view.n_logs;
    group_unref(group);
}

static struct options *fill(const struct config_class *class, const char *json)
{
    static struct diag_list diags;
    struct document *document = document_parse("bench", json, strlen(json), &diags);
    struct options_request request = {.class = class, .object = document->root};
    struct options *options = options_fill(&request, &diags);

    if (options)
        return options;
    fprintf(stderr, "%s\n", diags.items[0].message);
    exit(1);
}

static void create_processor(struct bench *bench, const char *type, const char *json)
{
    static char name[] = "bench";
    static struct component_config config = {.name = name};
    static struct global_config global;
    struct processor_context context = {"bench", &config, &global};
    const struct processor_class *class = processor_class_at(0);
    char why[200];

    for (size_t i = 0; strcmp(class->config.type, type) != 0;)
        class = processor_class_at(++i);
    config.options = fill(&class->config, json);
    bench->processor = class->create(&context, why, sizeof why);
    if (bench->processor)
        return;
    fprintf(stderr, "%s\n", why);
    exit(1);
}

static void create_aggregator(struct bench *bench)
{
    static char name[] = "bench";
    static struct component_config config = {.name = name};
    static struct global_config global = {.aggregat_interval_ms = 3000, .logstore = name};
    const struct aggregator_class *class = aggregator_class_at(0);
    static const struct host_facts host = {"bench", "127.0.0.1"};
    struct aggregator_context context = {
        "bench", &config, &global, loop_create(), bench->memory, &bench->sink, &host};

    config.options = fill(&class->config, "{}");
    bench->aggregator = class->create(&context, NULL, 0);
}

struct figures {
    double slicing, processing, collecting;
};

static struct figures measure(struct bench *bench)
{
    double slicing = 0, processing = 0, collecting = 0;

    for (unsigned done = 0; done < N_LINES; done += LINES_PER_BLOCK) {
        double start = cpu_s(), sliced, processed;
        struct batch *batch = make_batch(bench);

        sliced = cpu_s();
        if (bench->processor)
            bench->processor->class->process(bench->processor, batch);
        processed = cpu_s();
        bench->aggregator->class->push(bench->aggregator, batch);
        batch_destroy(batch);
        slicing += sliced - start;
        processing += processed - sliced;
        collecting += cpu_s() - processed;
    }
    return (struct figures){slicing, processing, collecting};
}

static void run(struct bench *bench)
{
    struct figures figures = measure(bench);

    printf("%u lines of %ju bytes: slicing %.3f s, processing %.3f s, collecting %.3f s\n", N_LINES,
        (uintmax_t)(bench->bytes / LINES_PER_BLOCK), figures.slicing, figures.processing,
        figures.collecting);
    printf("%ju groups, %ju logs, %ju contents, %ju failed\n", (uintmax_t)bench->n_groups,
        (uintmax_t)bench->n_logs, (uintmax_t)bench->n_contents,
        (uintmax_t)(bench->processor ? bench->processor->n_failed : 0));
}

#define CONTENT "\"SourceKey\":\"content\""

/* Each processor with options that give it something to do. */
static const struct {
    const char *type;
    bool json;
    const char *options;
} each[] = {
    {"add_fields", false, "{\"Fields\":{\"service\":\"a\"}}"},
    {"appender", false, "{\"Key\":\"content\",\"Value\":\" {{__host__}}\"}"},
    {"base64_encoding", false, "{" CONTENT ",\"NewKey\":\"n\"}"},
    {"csv", false, "{" CONTENT ",\"SplitSep\":\" \",\"SplitKeys\":[\"a\",\"b\",\"c\"]}"},
    {"desensitize", false,
        "{" CONTENT
        ",\"Match\":\"regex\",\"ReplaceString\":\"*\",\"RegexBegin\":\" - \",\"RegexContent\":"
        "\"\\\\w+\"}"},
    {"dict_map", false, "{" CONTENT ",\"MapDict\":{\"a\":\"b\"}}"},
    {"fields_with_condition", false,
        "{\"Switch\":[{\"Case\":{\"RelationOperator\":\"contains\",\"FieldConditions\":{"
        "\"content\":\" 404 \"}},"
        "\"Actions\":[{\"type\":\"processor_add_fields\",\"Fields\":{\"a\":\"b\"}}]}]}"},
    {"filter_key_regex", false, "{\"Include\":[\"^content$\"]}"},
    {"filter_regex", false, "{\"Include\":{\"content\":\"\\\" 200 \"}}"},
    {"grok", false, "{" CONTENT ",\"KeepSource\":false,\"Match\":[\"%{COMBINEDAPACHELOG}\"]}"},
    {"json", true, "{" CONTENT ",\"KeepSource\":false,\"IgnoreFirstConnector\":true}"},
    {"md5", false, "{" CONTENT ",\"MD5Key\":\"m\"}"},
    {"packjson", false, "{\"SourceKeys\":[\"content\"],\"DestKey\":\"d\"}"},
    {"parse_delimiter_native", false,
        "{" CONTENT ",\"Separator\":\" \",\"Keys\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\"]}"},
    {"parse_json_native", true, "{" CONTENT "}"},
    {"parse_regex_native", false,
        "{" CONTENT
        ",\"Keys\":[\"ip\",\"user\",\"time\"],\"Regex\":\"(\\\\S+) \\\\S+ (\\\\S+) \\\\[([^\\\\]]+)"
        "\\\\] .*\"}"},
    {"pick_key", false, "{\"Include\":[\"content\"]}"},
    {"rate_limit", false, "{\"Limit\":\"1000000000/s\",\"Fields\":[\"content\"]}"},
    {"split_char", false,
        "{" CONTENT
        ",\"SplitSep\":\" \",\"SplitKeys\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\"]}"},
    {"split_key_value", false,
        "{" CONTENT ",\"Delimiter\":\" \",\"Separator\":\"/\",\"ErrIfSeparatorNotFound\":false}"},
    {"split_log_string", false, "{\"SplitKey\":\"content\",\"SplitSep\":\" - \"}"},
    {"split_string", false, "{" CONTENT ",\"SplitSep\":\" - \",\"SplitKeys\":[\"a\",\"b\"]}"},
    {"string_replace", false,
        "{" CONTENT ",\"Method\":\"const\",\"Match\":\"HTTP\",\"ReplaceString\":\"http\"}"},
};

/* Seconds that the processor takes, without what stands around it. */
static void run_one(const char *type, bool json, const char *options)
{
    static struct bench bench;
    char name[80];

    bench = (struct bench){.sink.push = take_group, .memory = memory_create(256 * MIB)};
    snprintf(name, sizeof name, "processor_%s", type);
    fill_block(&bench, json);
    create_processor(&bench, name, options);
    create_aggregator(&bench);
    printf("%-26s %6.3f s\n", type, measure(&bench).processing);
}

int main(int argc, char **argv)
{
    static struct bench bench = {.sink.push = take_group};
    const char *what = argc > 1 ? argv[1] : "regex";
    const char *regex = argc > 2 ? argv[2] : access_regex;
    struct buf json = {0};

    if (strcmp(what, "all") == 0) {
        for (size_t i = 0; i < ARRAY_SIZE(each); i++)
            run_one(each[i].type, each[i].json, each[i].options);
        return 0;
    }
    if (argc > 3) {
        run_one(what, strcmp(argv[2], "json") == 0, argv[3]);
        return 0;
    }
    bench.memory = memory_create(256 * MIB);
    fill_block(&bench, strcmp(what, "json") == 0);
    buf_puts(&json, "{\"Keys\":[\"ip\",\"user\",\"time\",\"method\",\"path\",\"status\",\"bytes\","
                    "\"referer\",\"agent\"],\"Regex\":");
    buf_json_string(&json, regex, strlen(regex));
    buf_putc(&json, '}');
    if (strcmp(what, "regex") == 0)
        create_processor(&bench, "processor_regex", buf_text(&json));
    if (strcmp(what, "json") == 0)
        create_processor(&bench, "processor_json",
            "{\"SourceKey\":\"content\",\"KeepSource\":false,\"IgnoreFirstConnector\":true}");
    create_aggregator(&bench);
    run(&bench);
    return 0;
}
