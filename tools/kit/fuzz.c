/* `weir-plugin fuzz`: the checks that go by chance, with one seed after the other. */
#include <getopt.h>
#include <regex.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/util.h"
#include "config/units.h"
#include "kit/command.h"
#include "kit/report.h"
#include "kit/run.h"

#define CHECKS "^(DAT-10|LIF-15)$"
#define DURATION_DEFAULT_NS (60 * NS_PER_S)
#define LEVEL 5u

static const char help[] =
    "Usage: weir-plugin fuzz [OPTION]... FILE.so\n"
    "Gives a plugin random options, random batches and calls in random order, until the time\n"
    "is up or something is wrong. Each round has a seed, by which it can be had again.\n\n"
    "  -d, --duration TIME  how long; default 60s\n"
    "  --seed N             of the first round; the next has N + 1. Default: another each time\n"
    "  --config FILE        a weir-verify.json; default: beside the plugin, else here\n"
    "  -j, --jobs N         so many processes at a time; default: one for each CPU\n"
    "  --help               this text\n\n"
    "Example: weir-plugin fuzz build/flusher_acme.so -d 10m\n\n"
    "Exit codes: 0 nothing found; 1 something is wrong; 64 usage; 66 a file is missing.\n";

struct fuzz_options {
    struct plan_request plan;
    struct run_request run;
    regex_t include;
    uint64_t duration_ns;
};

static void say_nothing(void *context, const struct task *task)
{
    (void)context;
    (void)task;
}

/* One round. *ret_bad: whether something is wrong; then it has been told. 0 or an exit code. */
static int play_round(struct fuzz_options *options, bool *ret_bad)
{
    struct report_facts facts = {.level = LEVEL, .seed = options->run.seed};
    struct plan plan = {0};
    int code = plan_make(&plan, &options->plan);

    if (!code && run_plan(&plan, &options->run))
        code = CLI_INTERNAL;
    for (size_t i = 0; !code && i < plan.n_tasks; i++) {
        const enum verdict verdict = plan.tasks[i].report.verdict;

        if (verdict != VERDICT_FAIL && verdict != VERDICT_CRASH && verdict != VERDICT_TIMEOUT)
            continue;
        report_text_task(&plan.tasks[i], &facts, stdout);
        *ret_bad = true;
    }
    plan_finish(&plan);
    return code;
}

static int play(struct fuzz_options *options)
{
    const uint64_t first = options->run.seed;
    const uint64_t end_ns = clock_now_ns() + options->duration_ns;
    bool bad = false;
    int code = 0;

    for (; !code && !bad && clock_now_ns() < end_ns; options->run.seed++)
        code = play_round(options, &bad);
    if (code)
        return code;
    if (bad)
        printf("\nagain: weir-plugin fuzz %s -d 1ms --seed %llu%s%s\n", options->plan.paths[0],
            (unsigned long long)options->run.seed - 1, options->plan.settings ? " --config " : "",
            options->plan.settings ? options->plan.settings : "");
    printf("%llu rounds, seeds %llu to %llu: %s\n", (unsigned long long)(options->run.seed - first),
        (unsigned long long)first, (unsigned long long)options->run.seed - 1,
        bad ? "something is wrong" : "nothing found");
    return bad ? CLI_FINDINGS : CLI_OK;
}

static int usage(const char *words, const char *what)
{
    fprintf(stderr, "weir-plugin fuzz: %s%s; see weir-plugin fuzz --help\n", words, what);
    return CLI_USAGE;
}

static bool take_number(const char *text, uint64_t *ret)
{
    char *end;

    *ret = strtoull(text, &end, 10);
    return *text >= '0' && *text <= '9' && !*end;
}

static int parse(int argc, char **argv, struct fuzz_options *options)
{
    static const struct option long_options[] = {
        {"config", required_argument, NULL, 'c'},
        {"duration", required_argument, NULL, 'd'},
        {"help", no_argument, NULL, 'h'},
        {"jobs", required_argument, NULL, 'j'},
        {"seed", required_argument, NULL, 's'},
        {NULL, 0, NULL, 0},
    };
    uint64_t jobs;
    int option;

    while ((option = getopt_long(argc, argv, "d:j:", long_options, NULL)) != -1) {
        switch (option) {
        case 'h':
            return -1;
        case 'c':
            options->plan.settings = optarg;
            break;
        case 'd':
            if (!duration_parse(optarg, strlen(optarg), &options->duration_ns))
                return usage("no time: ", optarg);
            break;
        case 'j':
            if (!take_number(optarg, &jobs) || jobs < 1 || jobs > 64)
                return usage("no number of processes: ", optarg);
            options->run.jobs = (unsigned)jobs;
            break;
        case 's':
            if (!take_number(optarg, &options->run.seed))
                return usage("no seed: ", optarg);
            break;
        default:
            return CLI_USAGE;
        }
    }
    options->plan.paths = argv + optind;
    options->plan.n_paths = (size_t)(argc - optind);
    return argc - optind == 1 ? 0 : usage("which plugin? Give one", "");
}

int command_fuzz(int argc, char **argv)
{
    struct fuzz_options options = {.plan = {.level = LEVEL},
        .run = {.jobs = (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
            .seed = clock_wall_ns() / NS_PER_MS,
            .done = say_nothing},
        .duration_ns = DURATION_DEFAULT_NS};
    int code = parse(argc, argv, &options);

    if (code == -1) {
        fputs(help, stdout);
        return CLI_OK;
    }
    if (code)
        return code;
    if (regcomp(&options.include, CHECKS, REG_EXTENDED | REG_NOSUB))
        return CLI_INTERNAL;
    options.plan.include = &options.include;
    code = play(&options);
    regfree(&options.include);
    return code;
}
