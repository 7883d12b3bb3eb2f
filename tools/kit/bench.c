/* `weir-plugin bench`: what a flush costs, beside that of a flusher that does nothing. */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "config/units.h"
#include "kit/child.h"
#include "kit/command.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/plan.h"

#define RING 16u /* batches that an ASYNC class gets before it has settled the first */
#define SETTLE_NS (10 * NS_PER_S)
#define WARM_FLUSHES 32u
#define POLL_US 50u
#define SAMPLE_ROOM ((size_t)64 << 10) /* bytes of a sample beside its logs */
#define LOG_ROOM 512u
#define DURATION_DEFAULT_NS NS_PER_S
#define BLACKHOLE "flusher_blackhole.so"

static const char help[] =
    "Usage: weir-plugin bench [OPTION]... FILE.so\n"
    "Measures what flushes cost, with groups of several sizes: as the host would see it, or\n"
    "until settle() where the class is ASYNC. The last column compares with flusher_blackhole,\n"
    "which only counts. Needs a destination that works: see weir-verify.json.\n\n"
    "  --config FILE      a weir-verify.json; default: beside the plugin, else here\n"
    "  --duration TIME    for each size, as 2s or 500ms; default 1s\n"
    "  --format FORMAT    text (default) or json\n"
    "  --help             this text\n\n"
    "Example: weir-plugin bench build/flusher_acme.so --duration 2s\n\n"
    "Exit codes: 0; 1 something was not delivered; 64 usage; 66 a file is missing.\n";

static const struct bench_shape {
    uint32_t logs;  /* of a group */
    uint32_t bytes; /* of a log's value */
} shapes[] = {
    {1, 100},
    {16, 100},
    {256, 100},
    {1, 1024},
    {16, 1024},
    {256, 1024},
};

struct bench_figures {
    uint64_t flushes, not_delivered;
    uint64_t ns;
    uint64_t allocations;            /* of the plugin */
    char words[STAND_TEXT_MAX + 32]; /* of the first verdict that was none */
};

/* A trial that measures: the check is a row of no table. */
struct bench {
    struct check check;
    uint64_t duration_ns;
    struct bench_figures figures[ARRAY_SIZE(shapes)];
};

static struct sample *make_sample(const struct bench_shape *shape)
{
    const size_t room = SAMPLE_ROOM + (size_t)shape->logs * (shape->bytes + LOG_ROOM);
    struct sample *sample = sample_create(1, 1, room);
    SCOPED_FREE char *value = mem_zalloc(shape->bytes + 1);
    const struct weir_kv content = {life_str("content"), {value, shape->bytes}};

    memset(value, 'v', shape->bytes);
    sample_group(sample, shape->logs, 0);
    for (uint32_t i = 0; i < shape->logs; i++)
        sample_log(sample, 1700000000, &content, 1);
    return sample;
}

static void judge(struct bench_figures *figures, uint32_t verdict, const struct stand *stand)
{
    figures->flushes++;
    if (verdict == WEIR_DELIVERED)
        return;
    if (!figures->not_delivered++)
        snprintf(figures->words, sizeof figures->words, "%s: %s", stand_verdict_name(verdict),
            stand->text);
}

/* As a new batch, whatever it was before. */
static void renew(struct stand *stand, struct sample *sample, uint64_t id)
{
    pthread_mutex_lock(&stand->lock);
    sample->batch.id = id;
    sample->batch.attempt = 0;
    sample->batch.flags = 0;
    stand->n_settles = 0;
    pthread_mutex_unlock(&stand->lock);
}

static bool await_ready(struct stand *stand, uint64_t end_ns)
{
    while (!stand_ready(stand)) {
        if (clock_now_ns() >= end_ns)
            return false;
        usleep(POLL_US);
    }
    return true;
}

/* One flush of the ring's next sample; what became of its flush before is judged first. */
static bool step(
    struct stand *stand, struct sample **ring, uint64_t n, struct bench_figures *figures)
{
    struct sample *sample = ring[n % RING];
    struct stand_answer answer;

    if (n >= RING)
        judge(figures, stand_wait(stand, sample, SETTLE_NS), stand);
    renew(stand, sample, n + 1);
    if (!await_ready(stand, clock_now_ns() + SETTLE_NS))
        return false;
    if (stand_flush(stand, sample, &answer) != WEIR_DELIVERED)
        snprintf(stand->text, sizeof stand->text, "%s", answer.text);
    return true;
}

static void run_shape(struct bench *bench, struct trial *trial, size_t i)
{
    struct bench_figures *figures = &bench->figures[i], warm = {0};
    struct stand *stand = stand_start(trial, NULL);
    struct sample *ring[RING];
    uint64_t n = 0, started_ns;

    for (size_t s = 0; s < RING; s++)
        ring[s] = make_sample(&shapes[i]);
    while (n < WARM_FLUSHES && step(stand, ring, n, &warm))
        n++;
    started_ns = clock_now_ns();
    figures->allocations = heap_count();
    while (clock_now_ns() - started_ns < bench->duration_ns && step(stand, ring, n, figures))
        n++;
    for (size_t s = 0; s < RING && n >= RING; s++)
        judge(figures, stand_wait(stand, ring[s], SETTLE_NS), stand);
    figures->ns = clock_now_ns() - started_ns;
    figures->allocations = heap_count() - figures->allocations;
    if (n < WARM_FLUSHES)
        trial_fail(trial, "the flusher is not ready");
    life_end(stand);
}

static void run_bench(struct trial *trial)
{
    struct bench *bench =
        container_of((struct check *)(uintptr_t)trial->check, struct bench, check);

    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++)
        run_shape(bench, trial, i);
}

/* Fills the figures; NULL, or why not, which the caller frees. */
static char *measure(struct bench *bench, const struct subject *subject, const char *type)
{
    char folder[] = "/tmp/weir-bench-XXXXXX";
    struct child_report report;
    struct child_request request = {.check = &bench->check,
        .path = subject->real,
        .type = type,
        .settings = subject->settings->path,
        .sink = settings_of(subject->settings, type)->sink};
    SCOPED_FREE char *work = NULL;
    char *why;

    if (!mkdtemp(folder))
        return mem_printf("no folder to work in: %s", strerror(errno));
    work = mem_printf("%s/run", folder);
    request.folder = work;
    child_run_here(&request, &report);
    child_remove_folder(folder);
    why = report.verdict == VERDICT_PASS ? NULL : mem_strdup(report.reason);
    child_report_finish(&report);
    return why;
}

static struct bench make_bench(uint64_t duration_ns)
{
    return (struct bench){
        .check = {.id = "bench", .scope = CHECK_CLASS, .run = run_bench},
        .duration_ns = duration_ns,
    };
}

/* -- report -- */

struct rates {
    double logs_s, mb_s, ns_group, allocations_log;
};

static struct rates rates_of(const struct bench_figures *figures, const struct bench_shape *shape)
{
    const double flushes = (double)MAX(figures->flushes, (uint64_t)1);
    const double logs = flushes * shape->logs;
    const double s = (double)MAX(figures->ns, (uint64_t)1) / (double)NS_PER_S;

    return (struct rates){.logs_s = logs / s,
        .mb_s = logs * shape->bytes / 1e6 / s,
        .ns_group = (double)figures->ns / flushes,
        .allocations_log = (double)figures->allocations / logs};
}

static void put_text(const char *type, const struct bench *bench, const struct bench *nothing)
{
    printf("%s\n%5s %6s %12s %9s %11s %11s %10s\n", type, "logs", "bytes", "logs/s", "MB/s",
        "ns/group", "allocs/log", "blackhole");
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        const struct rates rates = rates_of(&bench->figures[i], &shapes[i]);

        printf("%5u %6u %12.0f %9.1f %11.0f ", shapes[i].logs, shapes[i].bytes, rates.logs_s,
            rates.mb_s, rates.ns_group);
        if (heap_visible())
            printf("%11.3f ", rates.allocations_log);
        else
            printf("%11s ", "-");
        if (nothing)
            printf(
                "%9.1fx\n", rates.ns_group / rates_of(&nothing->figures[i], &shapes[i]).ns_group);
        else
            printf("%10s\n", "-");
    }
}

static void put_json(const char *type, const struct bench *bench, const struct bench *nothing)
{
    printf("{\"type\":\"%s\",\"sizes\":[", type);
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        const struct rates rates = rates_of(&bench->figures[i], &shapes[i]);

        printf("%s\n{\"logs\":%u,\"bytes\":%u,\"logs_per_s\":%.0f,\"mb_per_s\":%.2f,"
               "\"ns_per_group\":%.0f,\"flushes\":%llu,\"not_delivered\":%llu",
            i ? "," : "", shapes[i].logs, shapes[i].bytes, rates.logs_s, rates.mb_s, rates.ns_group,
            (unsigned long long)bench->figures[i].flushes,
            (unsigned long long)bench->figures[i].not_delivered);
        if (heap_visible())
            printf(",\"allocations_per_log\":%.4f", rates.allocations_log);
        if (nothing)
            printf(",\"times_blackhole\":%.2f",
                rates.ns_group / rates_of(&nothing->figures[i], &shapes[i]).ns_group);
        putchar('}');
    }
    puts("]}");
}

/* CLI_FINDINGS when something was not delivered: the figures are then of no use. */
static int complain_of_losses(const char *type, const struct bench *bench)
{
    for (size_t i = 0; i < ARRAY_SIZE(shapes); i++) {
        const struct bench_figures *figures = &bench->figures[i];

        if (!figures->not_delivered)
            continue;
        fprintf(stderr, "weir-plugin bench: %s: %llu of %llu batches were not delivered: %s\n",
            type, (unsigned long long)figures->not_delivered, (unsigned long long)figures->flushes,
            figures->words);
        return CLI_FINDINGS;
    }
    return CLI_OK;
}

/* -- command -- */

/* Where flusher_blackhole lies: in the build beside this program, or as installed. NULL:
 * neither. The caller frees it. */
static char *find_blackhole(void)
{
    char self[4096];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    char *slash, *path;

    self[n > 0 ? n : 0] = '\0';
    slash = strrchr(self, '/');
    path = mem_printf("%.*s/../flushers/" BLACKHOLE, slash ? (int)(slash - self) : 0, self);
    if (access(path, R_OK)) {
        free(path);
        path = mem_strdup(WEIR_PLUGIN_DIR "/" BLACKHOLE);
    }
    if (!access(path, R_OK))
        return path;
    free(path);
    return NULL;
}

/* False: there is nothing to compare with. */
static bool measure_nothing(struct bench *bench)
{
    SCOPED_FREE char *path = find_blackhole(), *why = NULL;
    struct settings *settings = settings_read(NULL);
    const struct subject subject = {.path = path, .real = path, .settings = settings};

    if (path)
        why = measure(bench, &subject, "flusher_blackhole");
    if (!path || why)
        fprintf(stderr, "weir-plugin bench: nothing to compare with: %s\n",
            why ? why : "no " BLACKHOLE);
    settings_destroy(settings);
    return path && !why;
}

struct bench_options {
    const char *config;
    uint64_t duration_ns;
    bool json;
};

static int bench_class(
    const struct bench_options *options, const struct subject *subject, const char *type)
{
    struct bench bench = make_bench(options->duration_ns);
    struct bench nothing = make_bench(MIN(options->duration_ns, NS_PER_S / 5));
    SCOPED_FREE char *why = measure(&bench, subject, type);
    bool compared;

    if (why) {
        fprintf(stderr, "weir-plugin bench: %s: %s\n", type, why);
        return CLI_FINDINGS;
    }
    compared = measure_nothing(&nothing);
    (options->json ? put_json : put_text)(type, &bench, compared ? &nothing : NULL);
    return complain_of_losses(type, &bench);
}

static int bench_file(const struct bench_options *options, char **paths)
{
    struct plan plan = {0};
    const struct plan_request request = {
        .paths = paths, .n_paths = 1, .settings = options->config, .level = 1};
    int code = plan_make(&plan, &request);

    for (size_t i = 0; !code && i < plan.subjects[0].n_types; i++)
        code = bench_class(options, &plan.subjects[0], plan.subjects[0].types[i]);
    plan_finish(&plan);
    return code;
}

static int usage(const char *words, const char *what)
{
    fprintf(stderr, "weir-plugin bench: %s%s; see weir-plugin bench --help\n", words, what);
    return CLI_USAGE;
}

int command_bench(int argc, char **argv)
{
    static const struct option long_options[] = {
        {"config", required_argument, NULL, 'c'},
        {"duration", required_argument, NULL, 'd'},
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    struct bench_options options = {.duration_ns = DURATION_DEFAULT_NS};
    int option;

    while ((option = getopt_long(argc, argv, "d:", long_options, NULL)) != -1) {
        switch (option) {
        case 'h':
            fputs(help, stdout);
            return CLI_OK;
        case 'c':
            options.config = optarg;
            break;
        case 'd':
            if (!duration_parse(optarg, strlen(optarg), &options.duration_ns) ||
                !options.duration_ns)
                return usage("no time: ", optarg);
            break;
        case 'f':
            options.json = !strcmp(optarg, "json");
            if (!options.json && strcmp(optarg, "text") != 0)
                return usage("no format: ", optarg);
            break;
        default:
            return CLI_USAGE;
        }
    }
    return argc - optind == 1 ? bench_file(&options, argv + optind)
                              : usage("which plugin? Give one", "");
}
