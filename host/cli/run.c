#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "admin/control.h"
#include "admin/page.h"
#include "app/app.h"
#include "app/catalog.h"
#include "app/configs.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/util.h"
#include "cli/plugin_files.h"
#include "config/units.h"
#include "config/render.h"

#define DRAIN_TIMEOUT_DEFAULT_NS (10 * NS_PER_S)

static const char help[] =
    "Usage: weir run [OPTION]... FILE|DIR...\n"
    "Runs the pipelines of the given files, or of all *.json files of a folder.\n"
    "\n"
    "  --plugins FILE          a plugins.yml; may be repeated. Default: plugins.yml beside\n"
    "                          the first configuration, here, or " PLUGIN_FILES_SYSTEM "\n"
    "  --data DIR              where positions are kept (default ./.weir)\n"
    "  --once                  read what is there, deliver it, and end\n"
    "  --admin ADDRESS         serve /metrics, /livez and /readyz there: PORT (of 127.0.0.1),\n"
    "                          127.0.0.1:PORT, [::1]:PORT, unix:/path. Default: not at all\n"
    "  --drain-timeout TIME    how long a stop waits without progress (default 10s)\n"
    "  --no-watch              do not watch the configuration: SIGHUP or `weir reload` only\n"
    "  --compat                unknown keys are warnings, as upstream ignores them\n"
    "  --log-level LEVEL       error, warn, info (default), debug\n"
    "  --log-format FORMAT     plain, logfmt, json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir run --plugins plugins.yml --data /tmp/weir examples/quickstart\n"
    "\n"
    "Exit codes: 0 stopped, or --once delivered everything; 1 --once dropped or rejected\n"
    "something; 64 usage; 66 no such file; 75 --once left something undelivered; 78 no\n"
    "pipeline can run.\n";

struct run_options {
    struct plugin_files plugins;
    const char *data_dir, *admin;
    bool once, compat, no_watch;
    uint64_t drain_timeout_ns;
    enum log_level level;
    enum log_format format;
};

enum {
    OPT_PLUGINS = 256,
    OPT_DATA,
    OPT_ONCE,
    OPT_ADMIN,
    OPT_DRAIN,
    OPT_COMPAT,
    OPT_NO_WATCH,
    OPT_LEVEL,
    OPT_FORMAT,
    OPT_HELP
};

static const struct option long_options[] = {
    {"plugins", required_argument, NULL, OPT_PLUGINS},
    {"data", required_argument, NULL, OPT_DATA},
    {"once", no_argument, NULL, OPT_ONCE},
    {"admin", required_argument, NULL, OPT_ADMIN},
    {"drain-timeout", required_argument, NULL, OPT_DRAIN},
    {"compat", no_argument, NULL, OPT_COMPAT},
    {"no-watch", no_argument, NULL, OPT_NO_WATCH},
    {"log-level", required_argument, NULL, OPT_LEVEL},
    {"log-format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

/* One option; 0, or an exit code. -1: the help was asked for. */
static int take_option(struct run_options *options, int option)
{
    const char *expected = NULL; /* the value is none of these */

    switch (option) {
    case OPT_PLUGINS:
        plugin_files_add(&options->plugins, optarg);
        break;
    case OPT_DATA:
        options->data_dir = optarg;
        break;
    case OPT_ONCE:
        options->once = true;
        break;
    case OPT_ADMIN:
        options->admin = optarg;
        break;
    case OPT_DRAIN:
        if (!duration_parse(optarg, strlen(optarg), &options->drain_timeout_ns))
            expected = "--drain-timeout is a duration like 10s or 500ms";
        break;
    case OPT_COMPAT:
        options->compat = true;
        break;
    case OPT_NO_WATCH:
        options->no_watch = true;
        break;
    case OPT_LEVEL:
        if (!log_level_parse(optarg, &options->level))
            expected = "--log-level is error, warn, info or debug";
        break;
    case OPT_FORMAT:
        if (!log_format_parse(optarg, &options->format))
            expected = "--log-format is plain, logfmt or json";
        break;
    case OPT_HELP:
        return -1;
    default: /* getopt has said why */
        return CLI_USAGE;
    }
    if (!expected)
        return 0;
    fprintf(stderr, "weir run: '%s': %s; see weir run --help\n", optarg, expected);
    return CLI_USAGE;
}

static int parse_options(int argc, char **argv, struct run_options *options)
{
    int option, r;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        r = take_option(options, option);
        if (r)
            return r;
    }
    if (optind < argc)
        return 0;
    fprintf(
        stderr, "weir run: which configuration? Give a file or a folder; see weir run --help\n");
    return CLI_USAGE;
}

/* With what can be seen of it. */
static int run_seen(struct app *app, const char *admin)
{
    struct control *control;
    struct page *page = NULL;
    char why[512];
    int code;

    if (admin && !(page = page_create(app, admin, why, sizeof why))) {
        log_error("no admin page", LOG_STR("why", why));
        return CLI_USAGE;
    }
    control = control_create(app);
    code = app_run(app);
    control_destroy(control);
    page_destroy(page);
    return code;
}

/* While a call hangs, nothing of its plugin's may run at the end: a destructor could wait for
 * it for ever, or take what it uses from under it. */
static int run_app(const struct app_request *request, const char *admin)
{
    struct app *app = app_create(request);
    int code;

    if (!app) {
        catalog_destroy(request->catalog);
        return CLI_CONFIG;
    }
    code = run_seen(app, admin);
    if (!app_destroy(app))
        _exit(code);
    catalog_destroy(request->catalog);
    return code;
}

static int run_with(struct run_options *options, char **arguments, int n)
{
    struct diag_list diags = {0};
    struct app_request request = {
        .paths = arguments,
        .n_paths = (size_t)n,
        .compat = options->compat,
        .data_dir = options->data_dir,
        .once = options->once,
        .text_diags = options->format != LOG_FORMAT_JSON,
        .watch = !options->no_watch,
        .drain_timeout_ns = options->drain_timeout_ns,
    };

    plugin_files_default(&options->plugins, arguments[0]);
    request.catalog = catalog_create(options->plugins.items, options->plugins.count, &diags);
    if (request.text_diags)
        render_diags_text(&diags, stderr);
    else
        configs_log_diags(&diags);
    diag_list_finish(&diags);
    return run_app(&request, options->admin);
}

int cli_run(int argc, char **argv)
{
    struct run_options options = {
        .data_dir = ".weir",
        .drain_timeout_ns = DRAIN_TIMEOUT_DEFAULT_NS,
        .level = LOG_LEVEL_INFO,
        .format = isatty(STDERR_FILENO) ? LOG_FORMAT_PLAIN : LOG_FORMAT_LOGFMT,
    };
    int r = parse_options(argc, argv, &options);

    if (r == -1) {
        fputs(help, stdout);
        r = CLI_OK;
    } else if (!r) {
        log_setup(options.level, options.format);
        mem_setup();
        r = run_with(&options, argv + optind, argc - optind);
    }
    plugin_files_finish(&options.plugins);
    return r;
}
