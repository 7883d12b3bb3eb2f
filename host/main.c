#include <stdio.h>
#include <string.h>
#include "base/util.h"
#include "cli/cli.h"
#include "plugin/probe_child.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* NULL: not for people */
} commands[] = {
    {"run", cli_run, "run pipelines"},
    {"reload", cli_reload, "make a running weir read its configuration again"},
    {"status", cli_status, "how a running weir is, and why it does not send"},
    {"dead-letter", cli_dead_letter, "list, show, replay or drop what was given up"},
    {"spool", cli_spool, "list or drop spools that no flusher uses any more"},
    {"check", cli_check, "say everything that is wrong with configurations"},
    {"plugins", cli_plugins, "list the plugins, their types and their state"},
    {"describe", cli_describe, "what a type does and its options"},
    {"schema", cli_schema, "JSON Schema of pipeline files"},
    {"explain", cli_explain, "cause, fix and example of a code"},
    {"plugin-probe", cli_plugin_probe, NULL},
};

static void print_help(FILE *to)
{
    fputs("Usage: weir COMMAND [OPTION]... [ARGUMENT]...\n"
          "Carries logs from files to flushers that are loaded at run time.\n\n",
        to);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (commands[i].help)
            fprintf(to, "  %-11s %s\n", commands[i].name, commands[i].help);
    fputs("\nExample: weir check pipelines/ && weir run pipelines/\n"
          "`weir COMMAND --help` tells more.\n",
        to);
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        print_help(stderr);
        return CLI_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
        print_help(stdout);
        return CLI_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        puts("weir " WEIR_VERSION);
        return CLI_OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "weir: there is no command '%s'; see weir --help\n", argv[1]);
    return CLI_USAGE;
}
