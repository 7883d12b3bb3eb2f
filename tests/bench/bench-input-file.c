/* Reads a file with input_file into a sink that only counts; prints CPU seconds.
 * Usage: bench-input-file FILE [rounds] */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include "base/clock.h"
#include "base/mem.h"
#include "input/inputs.h"

struct bench {
    struct sink sink;
    struct loop *loop;
    uint64_t n_logs, n_bytes, n_batches;
};

static void count(struct sink *sink, struct batch *batch)
{
    struct bench *self = container_of(sink, struct bench, sink);

    self->n_logs += batch->n_logs;
    self->n_batches++;
    for (uint32_t i = 0; i < batch->n_logs; i++)
        self->n_bytes += batch->logs[i].contents[0].value.size + 1;
    batch_destroy(batch);
}

static void seal(struct sink *sink)
{
    (void)sink;
}

static void ended(void *owner)
{
    loop_stop(((struct bench *)owner)->loop);
}

static void opened(struct gate *gate)
{
    (void)gate;
}

static double cpu_s(void)
{
    struct rusage usage;

    getrusage(RUSAGE_SELF, &usage);
    return (double)(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
           (double)(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static struct options *make_options(const char *path)
{
    SCOPED_FREE char *json = mem_printf("{\"FilePaths\":[\"%s\"]}", path);
    struct diag_list diags = {0};
    struct document *document = document_parse("bench", json, strlen(json), &diags);
    struct options *options = options_fill(
        &(struct options_request){.class = &input_file.config, .object = document->root}, &diags);

    document_destroy(document);
    diag_list_finish(&diags);
    return options;
}

static void run_round(const char *path)
{
    static const char *const lanes[] = {"bench/flusher_null/1"};
    struct bench bench = {.sink = {.push = count, .seal = seal}, .loop = loop_create()};
    struct options *options = make_options(path);
    char name[] = "input_file/1";
    struct component_config config = {.class = &input_file.config, .name = name};
    struct global_config global = {0};
    struct gate gate;
    struct input_context context = {.pipeline = "bench",
        .config = &config,
        .global = &global,
        .loop = bench.loop,
        .memory = memory_create(MEMORY_LIMIT_DEFAULT),
        .gate = &gate,
        .sink = &bench.sink,
        .lanes = lanes,
        .n_lanes = 1,
        .once = true,
        .ended = ended,
        .owner = &bench};
    uint64_t start_ns = clock_now_ns();
    double start_cpu = cpu_s();
    struct input *input;
    char why[128];

    gate_init(&gate, opened);
    config.options = options;
    input = input_file.create(&context, why, sizeof why);
    input_file.start(input);
    loop_run(bench.loop);
    printf("%llu logs, %.1f MB, %llu batches: cpu %.3f s, wall %.3f s\n",
        (unsigned long long)bench.n_logs, (double)bench.n_bytes / 1e6,
        (unsigned long long)bench.n_batches, cpu_s() - start_cpu,
        (double)(clock_now_ns() - start_ns) / 1e9);
    input_file.stop(input);
    input_file.destroy(input);
    options_destroy(options);
    memory_destroy(context.memory);
    loop_destroy(bench.loop);
}

int main(int argc, char **argv)
{
    int rounds = argc > 2 ? atoi(argv[2]) : 3;

    if (argc < 2)
        return 64;
    for (int i = 0; i < rounds; i++)
        run_round(argv[1]);
    return 0;
}
