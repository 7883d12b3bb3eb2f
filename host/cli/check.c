#include "cli/cli.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "app/catalog.h"
#include "cli/check_stage.h"
#include "cli/connect.h"
#include "cli/plugin_files.h"
#include "config/pipeline_config.h"
#include "config/render.h"
#include "config/units.h"

static const char help[] =
    "Usage: weir check [OPTION]... FILE|DIR...\n"
    "Says everything that is wrong with the given pipeline files, or with all *.json\n"
    "files of a folder. Nothing is run or delivered.\n"
    "\n"
    "  --plugins FILE          a plugins.yml; may be repeated. Default: plugins.yml beside\n"
    "                          the first configuration, here, or " PLUGIN_FILES_SYSTEM "\n"
    "  --compat                unknown keys are warnings, as upstream ignores them\n"
    "  --format FORMAT         text (default), json, sarif, github\n"
    "  --deny-warnings         warnings fail the check, too\n"
    "  --connect               then ask the flushers whether their destinations answer;\n"
    "                          sends no data\n"
    "  --connect-timeout TIME  how long each may take to start and to answer (default 10s)\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir check --plugins plugins.yml --format sarif pipelines/ >weir.sarif\n"
    "\n"
    "Exit codes: 0 nothing is wrong; 1 there are errors; 64 usage; 66 no file to check.\n";

struct check_options {
    struct plugin_files plugins;
    enum render_format format;
    bool compat, deny_warnings, connect;
    uint64_t connect_timeout_ns;
};

enum { OPT_PLUGINS = 256, OPT_COMPAT, OPT_FORMAT, OPT_DENY, OPT_CONNECT, OPT_TIMEOUT, OPT_HELP };

static const struct option long_options[] = {
    {"plugins", required_argument, NULL, OPT_PLUGINS},
    {"compat", no_argument, NULL, OPT_COMPAT},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"deny-warnings", no_argument, NULL, OPT_DENY},
    {"connect", no_argument, NULL, OPT_CONNECT},
    {"connect-timeout", required_argument, NULL, OPT_TIMEOUT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int bad_value(const char *option, const char *expected)
{
    fprintf(stderr, "weir check: %s '%s': expected %s; see weir check --help\n", option, optarg,
        expected);
    return CLI_USAGE;
}

/* One option; 0, or an exit code. -1: the help was asked for. */
static int take_option(struct check_options *options, int option)
{
    switch (option) {
    case OPT_PLUGINS:
        plugin_files_add(&options->plugins, optarg);
        return 0;
    case OPT_COMPAT:
        options->compat = true;
        return 0;
    case OPT_FORMAT:
        if (render_format_parse(optarg, &options->format))
            return 0;
        return bad_value("--format", "text, json, sarif or github");
    case OPT_DENY:
        options->deny_warnings = true;
        return 0;
    case OPT_CONNECT:
        options->connect = true;
        return 0;
    case OPT_TIMEOUT:
        if (duration_parse(optarg, strlen(optarg), &options->connect_timeout_ns))
            return 0;
        return bad_value("--connect-timeout", "a duration like 10s or 500ms");
    case OPT_HELP:
        return -1;
    default: /* getopt has said why */
        return CLI_USAGE;
    }
}

static int parse_options(int argc, char **argv, struct check_options *options)
{
    int option, r;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        r = take_option(options, option);
        if (r)
            return r;
    }
    if (optind < argc)
        return 0;
    fprintf(stderr,
        "weir check: which configuration? Give a file or a folder; see weir check --help\n");
    return CLI_USAGE;
}

static void check_file(const struct check_options *options, struct catalog *catalog,
    const char *path, struct diag_list *diags)
{
    struct pipeline_request request = {
        .catalog = catalog_config(catalog), .compat = options->compat, .try_entry = check_stage};
    struct pipeline_config *config = pipeline_config_read(path, &request, diags);

    if (config && config->enable && options->connect)
        connect_pipeline(catalog_registry(catalog), config, options->connect_timeout_ns, diags);
    pipeline_config_destroy(config);
}

static size_t check_all(const struct check_options *options, struct catalog *catalog,
    char **arguments, int n, struct diag_list *diags)
{
    char **paths = NULL;
    size_t n_paths = config_paths(arguments, (size_t)n, &paths, diags);

    for (size_t i = 0; i < n_paths; i++) {
        check_file(options, catalog, paths[i], diags);
        free(paths[i]);
    }
    free((void *)paths);
    return n_paths;
}

static int check(struct check_options *options, char **arguments, int n)
{
    struct diag_list diags = {0};
    struct catalog *catalog;
    size_t n_files;
    bool bad;

    plugin_files_default(&options->plugins, arguments[0]);
    catalog = catalog_create(options->plugins.items, options->plugins.count, &diags);
    n_files = check_all(options, catalog, arguments, n, &diags);
    diag_list_drop_following(&diags);
    render_diags(&diags, options->format, stdout);
    bad = diags.n_errors || (options->deny_warnings && diags.n_warnings);
    if (options->format == RENDER_TEXT && !diags.n_errors && !diags.n_warnings)
        printf("%zu file%s, nothing wrong\n", n_files, n_files == 1 ? "" : "s");
    diag_list_finish(&diags);
    catalog_destroy(catalog);
    if (!n_files)
        return CLI_NO_INPUT;
    return bad ? CLI_FINDINGS : CLI_OK;
}

int cli_check(int argc, char **argv)
{
    struct check_options options = {
        .format = RENDER_TEXT, .connect_timeout_ns = CONNECT_TIMEOUT_DEFAULT_NS};
    int r = parse_options(argc, argv, &options);

    if (r == -1) {
        fputs(help, stdout);
        r = CLI_OK;
    } else if (!r) {
        r = check(&options, argv + optind, argc - optind);
    }
    plugin_files_finish(&options.plugins);
    return r;
}
