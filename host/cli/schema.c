#include "cli/cli.h"

#include <getopt.h>
#include <stdio.h>
#include "app/catalog.h"
#include "base/util.h"
#include "cli/plugin_files.h"
#include "config/render.h"
#include "config/schema.h"

static const char help[] =
    "Usage: weir schema [--plugins FILE]...\n"
    "Prints a JSON Schema (draft-07) of pipeline files, with all types that are built in\n"
    "or brought by plugins. Editors complete and check with it.\n"
    "\n"
    "  --plugins FILE          a plugins.yml; may be repeated. Default: ./plugins.yml,\n"
    "                          or " PLUGIN_FILES_SYSTEM "\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir schema --plugins plugins.yml >weir.schema.json\n"
    "\n"
    "Exit codes: 0 printed; 1 printed, but a plugin is left out; 64 usage.\n";

enum { OPT_PLUGINS = 256, OPT_HELP };

static const struct option long_options[] = {
    {"plugins", required_argument, NULL, OPT_PLUGINS},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int print_schema(struct plugin_files *plugins)
{
    struct diag_list diags = {0};
    SCOPED_FREE char *text = NULL;
    struct catalog *catalog;
    int code;

    plugin_files_default(plugins, NULL);
    catalog = catalog_create(plugins->items, plugins->count, &diags);
    text = schema_text(catalog_config(catalog), &diags);
    puts(text);
    render_diags_text(&diags, stderr);
    code = diags.n_errors ? CLI_FINDINGS : CLI_OK;
    diag_list_finish(&diags);
    catalog_destroy(catalog);
    return code;
}

static int run(int argc, char **argv, struct plugin_files *plugins)
{
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP) {
            fputs(help, stdout);
            return CLI_OK;
        }
        if (option != OPT_PLUGINS)
            return CLI_USAGE;
        plugin_files_add(plugins, optarg);
    }
    if (optind < argc) {
        fprintf(stderr, "weir schema: '%s' is too much; see weir schema --help\n", argv[optind]);
        return CLI_USAGE;
    }
    return print_schema(plugins);
}

int cli_schema(int argc, char **argv)
{
    struct plugin_files plugins = {0};
    int code = run(argc, argv, &plugins);

    plugin_files_finish(&plugins);
    return code;
}
