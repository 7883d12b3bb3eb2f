#include "kit/command.h"

#include <errno.h>
#include <getopt.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/util.h"
#include "kit/report.h"
#include "kit/run.h"

static const char help[] =
    "Usage: weir-plugin verify [OPTION]... FILE.so...\n"
    "Says whether flusher plugins keep the contract (docs/abi.md). Each check runs in a\n"
    "process of its own; what crashes or hangs there is a result.\n"
    "\n"
    "  --config FILE           what the author says about the plugin: a working config, where\n"
    "                          deliveries can be counted, waivers (docs/conformance.md).\n"
    "                          Default: weir-verify.json beside the plugin, else here\n"
    "  --level N               1 load, 2 contract, 3 behaviour (default), 4 sanitizers and\n"
    "                          injected faults, 5 fuzz and soak; each with those below it\n"
    "  --include RE            only checks whose id matches; --exclude RE: but not these\n"
    "  --format FORMAT[=FILE]  text (default), json, junit, tap, sarif, github; may be\n"
    "                          repeated; FILE in place of standard output\n"
    "  -j, --jobs N            so many checks at a time; default: two for each CPU\n"
    "  --seed N                of all that is random; default: another one each time\n"
    "  --in-process            no processes of their own, for a debugger; use --include\n"
    "  --list                  all checks; with --format text, json, markdown\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir-plugin verify build/flusher_acme.so --level 3 --format github\n"
    "\n"
    "Exit codes: 0 all that was chosen holds; 1 something does not, or could not be checked\n"
    "and is not waived; 2 no check was chosen; 64 usage; 66 a file is missing.\n";

#define OUTPUTS_MAX 16

/* How a report is written; NULL: text, while it runs. */
typedef void report_put(const struct plan *plan, const struct report_facts *facts, struct buf *out);

static const struct {
    const char *name;
    report_put *put;
} formats[] = {
    {"text", NULL},
    {"json", report_json},
    {"junit", report_junit},
    {"tap", report_tap},
    {"sarif", report_sarif},
    {"github", report_github},
};

struct output {
    const char *format;
    report_put *put;
    const char *path; /* NULL: standard output */
    FILE *file;       /* once it is open */
};

struct verify_options {
    struct plan_request plan;
    struct run_request run;
    regex_t include, exclude;
    struct output outputs[OUTPUTS_MAX];
    size_t n_outputs;
    bool list;
};

enum {
    OPT_CONFIG = 256,
    OPT_LEVEL,
    OPT_INCLUDE,
    OPT_EXCLUDE,
    OPT_FORMAT,
    OPT_SEED,
    OPT_HERE,
    OPT_LIST,
    OPT_HELP
};

static const struct option long_options[] = {
    {"config", required_argument, NULL, OPT_CONFIG},
    {"level", required_argument, NULL, OPT_LEVEL},
    {"include", required_argument, NULL, OPT_INCLUDE},
    {"exclude", required_argument, NULL, OPT_EXCLUDE},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"jobs", required_argument, NULL, 'j'},
    {"seed", required_argument, NULL, OPT_SEED},
    {"in-process", no_argument, NULL, OPT_HERE},
    {"list", no_argument, NULL, OPT_LIST},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int usage(const char *what, const char *text)
{
    fprintf(stderr, "weir-plugin verify: %s '%s'; see weir-plugin verify --help\n", what, text);
    return CLI_USAGE;
}

static int take_number(const char *text, uint64_t min, uint64_t max, uint64_t *ret)
{
    char *end = NULL;
    unsigned long long number;

    errno = 0;
    number = strtoull(text, &end, 10);
    if (errno || !*text || *end || *text == '-' || number < min || number > max)
        return usage("this is not a number that can be taken:", text);
    *ret = number;
    return 0;
}

/* Anchored: an id matches as a whole. */
static int take_pattern(const char *text, regex_t *pattern, regex_t **ret)
{
    char anchored[512];

    if (snprintf(anchored, sizeof anchored, "^(%s)$", text) >= (int)sizeof anchored ||
        regcomp(pattern, anchored, REG_EXTENDED | REG_NOSUB))
        return usage("this is no regular expression:", text);
    *ret = pattern;
    return 0;
}

/* FORMAT, FORMAT=FILE; several with commas between. */
static int take_format(struct verify_options *options, char *text)
{
    char *rest = NULL;

    for (char *one = strtok_r(text, ",", &rest); one; one = strtok_r(NULL, ",", &rest)) {
        char *path = strchr(one, '=');

        if (options->n_outputs == OUTPUTS_MAX)
            return usage("too many formats at", one);
        if (path)
            *path++ = '\0';
        options->outputs[options->n_outputs++] = (struct output){.format = one, .path = path};
    }
    return 0;
}

/* Finds the writers and opens the files. 0, or an exit code. */
static int open_outputs(struct verify_options *options)
{
    size_t n_stdout = 0;

    if (!options->n_outputs)
        options->outputs[options->n_outputs++] = (struct output){.format = "text"};
    for (size_t i = 0; i < options->n_outputs; i++) {
        struct output *output = &options->outputs[i];
        size_t j = 0;

        while (j < ARRAY_SIZE(formats) && strcmp(formats[j].name, output->format) != 0)
            j++;
        if (j == ARRAY_SIZE(formats))
            return usage("no format:", output->format);
        output->put = formats[j].put;
        n_stdout += !output->path;
        if (n_stdout > 1)
            return usage("a second format for the standard output:", output->format);
        output->file = output->path ? fopen(output->path, "we") : stdout;
        if (!output->file) {
            fprintf(stderr, "weir-plugin verify: %s: %m\n", output->path);
            return CLI_NO_INPUT;
        }
    }
    return 0;
}

/* 0, or an exit code; -1: the help was asked for. */
static int take_option(struct verify_options *options, int option)
{
    uint64_t number = 0;
    int r;

    switch (option) {
    case OPT_CONFIG:
        options->plan.settings = optarg;
        return 0;
    case OPT_LEVEL:
        r = take_number(optarg, 1, CHECK_LEVEL_MAX, &number);
        options->plan.level = (unsigned)number;
        return r;
    case OPT_INCLUDE:
        return take_pattern(optarg, &options->include, &options->plan.include);
    case OPT_EXCLUDE:
        return take_pattern(optarg, &options->exclude, &options->plan.exclude);
    case OPT_FORMAT:
        return take_format(options, optarg);
    case 'j':
        r = take_number(optarg, 1, 64, &number);
        options->run.jobs = (unsigned)number;
        return r;
    case OPT_SEED:
        return take_number(optarg, 0, UINT64_MAX, &options->run.seed);
    case OPT_HERE:
        options->run.in_process = true;
        return 0;
    case OPT_LIST:
        options->list = true;
        return 0;
    case OPT_HELP:
        return -1;
    default: /* getopt has said why */
        return CLI_USAGE;
    }
}

static int parse_options(int argc, char **argv, struct verify_options *options)
{
    int option, r;

    while ((option = getopt_long(argc, argv, "j:", long_options, NULL)) != -1) {
        r = take_option(options, option);
        if (r)
            return r;
    }
    options->plan.paths = argv + optind;
    options->plan.n_paths = (size_t)(argc - optind);
    if (options->list || optind < argc)
        return 0;
    fputs("weir-plugin verify: which plugin? See weir-plugin verify --help\n", stderr);
    return CLI_USAGE;
}

struct progress {
    const struct report_facts *facts;
    const struct verify_options *options;
    size_t n_tasks, n_done;
    bool on_terminal; /* where nothing else is shown, a count is */
};

static bool has_text_on_stdout(const struct verify_options *options)
{
    for (size_t i = 0; i < options->n_outputs; i++)
        if (!options->outputs[i].put && !options->outputs[i].path)
            return true;
    return false;
}

static void on_done(void *context, const struct task *task)
{
    struct progress *progress = context;

    progress->n_done++;
    for (size_t i = 0; i < progress->options->n_outputs; i++)
        if (!progress->options->outputs[i].put)
            report_text_task(task, progress->facts, progress->options->outputs[i].file);
    if (progress->on_terminal)
        fprintf(stderr, "\r%zu of %zu %s", progress->n_done, progress->n_tasks,
            progress->n_done == progress->n_tasks ? "\n" : "");
}

/* All reports but text, and the end of that. False: one could not be written. */
static bool put_reports(
    const struct verify_options *options, const struct plan *plan, const struct report_facts *facts)
{
    bool good = true;

    for (size_t i = 0; i < options->n_outputs; i++) {
        const struct output *output = &options->outputs[i];
        SCOPED_BUF struct buf out = {0};

        if (output->put) {
            output->put(plan, facts, &out);
            fwrite(out.data, 1, out.size, output->file);
        } else {
            report_text_end(plan, facts, output->file);
        }
        if (fflush(output->file) || ferror(output->file)) {
            fprintf(stderr, "weir-plugin verify: the %s report cannot be written: %m\n",
                output->format);
            good = false;
        }
    }
    return good;
}

static void close_outputs(struct verify_options *options)
{
    for (size_t i = 0; i < options->n_outputs; i++)
        if (options->outputs[i].file && options->outputs[i].file != stdout)
            fclose(options->outputs[i].file);
}

static int list(const struct verify_options *options)
{
    const char *format = options->n_outputs ? options->outputs[0].format : "text";

    return report_list(format, stdout) ? CLI_OK : usage("no format of --list:", format);
}

static int run_and_report(struct verify_options *options, struct plan *plan)
{
    struct report_facts facts = {.level = options->plan.level,
        .seed = options->run.seed,
        .colour = isatty(STDOUT_FILENO) && !getenv("NO_COLOR")};
    struct progress progress = {.facts = &facts,
        .options = options,
        .n_tasks = plan->n_tasks,
        .on_terminal = isatty(STDERR_FILENO) && !has_text_on_stdout(options)};
    const uint64_t started_ns = clock_now_ns();
    int r;

    options->run.done = on_done;
    options->run.context = &progress;
    r = run_plan(plan, &options->run);
    if (r) {
        fprintf(stderr, "weir-plugin verify: no folder to work in: %s\n", strerror(-r));
        return CLI_INTERNAL;
    }
    facts.ms = (clock_now_ns() - started_ns) / NS_PER_MS;
    if (!put_reports(options, plan, &facts))
        return CLI_INTERNAL;
    return plan_sum(plan).bad ? CLI_FINDINGS : CLI_OK;
}

static int verify(struct verify_options *options)
{
    struct plan plan = {0};
    int code = plan_make(&plan, &options->plan);

    if (!code && !plan.n_tasks) {
        fputs("weir-plugin verify: no check was chosen\n", stderr);
        code = CLI_NOTHING;
    }
    if (!code)
        code = open_outputs(options);
    if (!code)
        code = run_and_report(options, &plan);
    close_outputs(options);
    plan_finish(&plan);
    return code;
}

int command_verify(int argc, char **argv)
{
    struct verify_options options = {.plan = {.level = 3},
        .run = {.jobs = 2 * (unsigned)sysconf(_SC_NPROCESSORS_ONLN),
            .seed = clock_wall_ns() / NS_PER_MS}};
    int r = parse_options(argc, argv, &options);

    if (r == -1) {
        fputs(help, stdout);
        r = CLI_OK;
    } else if (!r) {
        r = options.list ? list(&options) : verify(&options);
    }
    if (options.plan.include)
        regfree(&options.include);
    if (options.plan.exclude)
        regfree(&options.exclude);
    return r;
}
