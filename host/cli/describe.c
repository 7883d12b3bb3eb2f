#include "cli/cli.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "app/catalog.h"
#include "base/util.h"
#include "cli/plugin_files.h"
#include "config/describe.h"
#include "config/host_options.h"
#include "config/render.h"

static const char help[] =
    "Usage: weir describe [OPTION]... [TYPE]\n"
    "Says what a type does, its options, and an example. `delivery` and `global` are\n"
    "described, too. Without a type, lists all.\n"
    "\n"
    "  --plugins FILE          a plugins.yml; may be repeated. Default: ./plugins.yml,\n"
    "                          or " PLUGIN_FILES_SYSTEM "\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir describe --plugins plugins.yml flusher_file\n"
    "\n"
    "Exit codes: 0 described; 2 there is no such type; 64 usage.\n";

struct describe_options {
    struct plugin_files plugins;
    bool json;
};

enum { OPT_PLUGINS = 256, OPT_FORMAT, OPT_HELP };

static const struct option long_options[] = {
    {"plugins", required_argument, NULL, OPT_PLUGINS},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static const struct config_class *find(const struct config_catalog *catalog,
    enum config_section section, const char *type, struct diag_list *diags)
{
    const struct place nowhere = {0};
    bool reported = false;
    const struct config_class *class =
        catalog->find(catalog->context, section, type, nowhere, diags, &reported);

    return class;
}

static const struct config_class *find_anywhere(const struct config_catalog *catalog,
    const char *type, enum config_section *ret_section, struct diag_list *diags)
{
    const struct config_class *class;

    for (int i = 0; i < CONFIG_N_SECTIONS; i++) {
        class = find(catalog, (enum config_section)i, type, diags);
        *ret_section = (enum config_section)i;
        if (class)
            return class;
    }
    *ret_section = CONFIG_N_SECTIONS;
    if (!strcmp(type, config_delivery_class.type))
        return &config_delivery_class;
    return strcmp(type, config_global_class.type) ? NULL : &config_global_class;
}

static int describe_type(
    const struct config_catalog *catalog, const char *type, bool json, struct diag_list *diags)
{
    SCOPED_BUF struct buf out = {0};
    enum config_section section;
    const struct config_class *class = find_anywhere(catalog, type, &section, diags);

    if (!class) {
        fprintf(stderr, "weir describe: there is no type '%s'; `weir describe` lists all\n", type);
        return CLI_NOTHING;
    }
    if (json)
        describe_json(class, section, &out);
    else
        describe_text(class, section, &out);
    fputs(buf_text(&out), stdout);
    return CLI_OK;
}

static void list_section(
    const struct config_catalog *catalog, enum config_section section, bool json, bool *any)
{
    const char *type;

    if (!json)
        printf("%s:\n", describe_section(section));
    for (size_t i = 0; (type = catalog->name(catalog->context, section, i)); i++) {
        struct diag_list diags = {0};
        const struct config_class *class = find(catalog, section, type, &diags);

        if (json) {
            SCOPED_BUF struct buf out = {0};

            if (class)
                describe_json(class, section, &out);
            printf("%s%s", class && *any ? "," : "", buf_text(&out));
            *any |= class != NULL;
        } else {
            printf("  %-28s %s\n", type,
                !class               ? "(refused; see weir plugins)"
                : class->description ? class->description
                                     : "");
        }
        diag_list_finish(&diags);
    }
}

static int list_types(const struct config_catalog *catalog, bool json)
{
    bool any = false;

    if (json)
        puts("[");
    for (int i = 0; i < CONFIG_N_SECTIONS; i++)
        list_section(catalog, (enum config_section)i, json, &any);
    if (json)
        puts("]");
    return CLI_OK;
}

static int describe(struct describe_options *options, const char *type)
{
    struct diag_list diags = {0};
    struct catalog *catalog;
    int code;

    plugin_files_default(&options->plugins, NULL);
    catalog = catalog_create(options->plugins.items, options->plugins.count, &diags);
    code = type ? describe_type(catalog_config(catalog), type, options->json, &diags)
                : list_types(catalog_config(catalog), options->json);
    render_diags_text(&diags, stderr);
    diag_list_finish(&diags);
    catalog_destroy(catalog);
    return code;
}

/* 0, or an exit code. -1: the help was asked for. */
static int parse_options(int argc, char **argv, struct describe_options *options)
{
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == OPT_HELP)
            return -1;
        if (option == OPT_PLUGINS)
            plugin_files_add(&options->plugins, optarg);
        else if (option != OPT_FORMAT)
            return CLI_USAGE;
        else if (!strcmp(optarg, "json"))
            options->json = true;
        else if (strcmp(optarg, "text") != 0) {
            fprintf(stderr, "weir describe: '%s' is no format; see weir describe --help\n", optarg);
            return CLI_USAGE;
        }
    }
    if (argc - optind <= 1)
        return 0;
    fputs("weir describe: one type at a time; see weir describe --help\n", stderr);
    return CLI_USAGE;
}

int cli_describe(int argc, char **argv)
{
    struct describe_options options = {0};
    int r = parse_options(argc, argv, &options);

    if (r == -1) {
        fputs(help, stdout);
        r = CLI_OK;
    } else if (!r) {
        r = describe(&options, optind < argc ? argv[optind] : NULL);
    }
    plugin_files_finish(&options.plugins);
    return r;
}
