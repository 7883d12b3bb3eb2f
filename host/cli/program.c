#include "cli/program.h"

#include <stdio.h>
#include <string.h>
#include "base/util.h"
#include "cli/cli.h"

static void print_help(const struct cli_program *program, FILE *to)
{
    int width = 0;

    for (size_t i = 0; i < program->n_commands; i++)
        if (program->commands[i].help)
            width = MAX(width, (int)strlen(program->commands[i].name));
    fprintf(
        to, "Usage: %s COMMAND [OPTION]... [ARGUMENT]...\n%s\n\n", program->name, program->what);
    for (size_t i = 0; i < program->n_commands; i++)
        if (program->commands[i].help)
            fprintf(
                to, "  %-*s  %s\n", width, program->commands[i].name, program->commands[i].help);
    fprintf(
        to, "\nExample: %s\n`%s COMMAND --help` tells more.\n", program->example, program->name);
}

int cli_program_main(const struct cli_program *program, int argc, char **argv)
{
    if (argc < 2) {
        print_help(program, stderr);
        return CLI_USAGE;
    }
    if (!strcmp(argv[1], "--help") || !strcmp(argv[1], "help")) {
        print_help(program, stdout);
        return CLI_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("%s " WEIR_VERSION "\n", program->name);
        return CLI_OK;
    }
    for (size_t i = 0; i < program->n_commands; i++)
        if (!strcmp(argv[1], program->commands[i].name))
            return program->commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "%s: there is no command '%s'; see %s --help\n", program->name, argv[1],
        program->name);
    return CLI_USAGE;
}
