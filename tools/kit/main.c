#include <stdio.h>
#include <string.h>
#include "base/util.h"
#include "kit/child.h"
#include "kit/command.h"
#include "kit/server.h"
#include "plugin/probe_child.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help; /* NULL: not for people */
} commands[] = {
    {"new", command_new, "the project of a new plugin"},
    {"inspect", command_inspect, "what is in a plugin file, without running its code"},
    {"describe", command_describe, "the flushers of a plugin and their options"},
    {"verify", command_verify, "whether a plugin keeps the contract"},
    {"fuzz", command_fuzz, "whether chance finds what is wrong"},
    {"bench", command_bench, "what its flushes cost"},
    {"plugin-probe", cli_plugin_probe, NULL},
    {"run-check", command_run_check, NULL},
    {"run-server", command_run_server, NULL},
};

static void print_help(FILE *to)
{
    fputs("Usage: weir-plugin COMMAND [OPTION]... [ARGUMENT]...\n"
          "For authors of flusher plugins, and for their CI.\n\n",
        to);
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (commands[i].help)
            fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\nExample: weir-plugin verify flusher_acme.so --level 3\n"
          "`weir-plugin COMMAND --help` tells more.\n",
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
        puts("weir-plugin " WEIR_VERSION);
        return CLI_OK;
    }
    for (size_t i = 0; i < ARRAY_SIZE(commands); i++)
        if (!strcmp(argv[1], commands[i].name))
            return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "weir-plugin: there is no command '%s'; see weir-plugin --help\n", argv[1]);
    return CLI_USAGE;
}
