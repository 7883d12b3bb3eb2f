#include "cli/program.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "cli/cli.h"
#include "config/suggest.h"

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

static int refuse_command(const struct cli_program *program, const char *name)
{
    struct suggestion near;

    suggest_start(&near, name);
    for (size_t i = 0; i < program->n_commands; i++)
        if (program->commands[i].help)
            suggest_offer(&near, program->commands[i].name);
    fprintf(stderr, "%s: there is no command '%s'", program->name, name);
    if (near.best)
        fprintf(stderr, "; did you mean '%s'? See %s --help\n", near.best, program->name);
    else
        fprintf(stderr, "; see %s --help\n", program->name);
    return CLI_USAGE;
}

static bool wants_help(const char *argument)
{
    return !strcmp(argument, "--help") || !strcmp(argument, "-h");
}

static int run_command(const struct cli_program *program, int argc, char **argv)
{
    static char help[] = "--help";

    for (size_t i = 0; i < program->n_commands; i++) {
        const struct cli_command *command = &program->commands[i];
        SCOPED_FREE char *name = NULL;

        if (strcmp(argv[0], command->name) != 0)
            continue;
        name = mem_printf("%s %s", program->name, command->name);
        argv[0] = name;
        if (argc > 1 && wants_help(argv[1]))
            argv[1] = help;
        return command->run(argc, argv);
    }
    return refuse_command(program, argv[0]);
}

static int run(const struct cli_program *program, int argc, char **argv)
{
    if (argc < 2) {
        print_help(program, stderr);
        return CLI_USAGE;
    }
    if (wants_help(argv[1]) || !strcmp(argv[1], "help")) {
        print_help(program, stdout);
        return CLI_OK;
    }
    if (!strcmp(argv[1], "--version")) {
        printf("%s " WEIR_VERSION "\n", program->name);
        return CLI_OK;
    }
    return run_command(program, argc - 1, argv + 1);
}

/* A file that is opened later must not become standard output by having its number: what
 * was closed is a place that takes nothing, and gives nothing. */
static void fill_standard_files(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
        if (fcntl(fd, F_GETFD) < 0 && errno == EBADF)
            (void)!open("/dev/null", O_RDONLY); /* the lowest number that is free */
}

int cli_program_main(const struct cli_program *program, int argc, char **argv)
{
    int code;

    fill_standard_files();
    code = run(program, argc, argv);
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return code;
    fprintf(stderr, "%s: standard output: %s\n", program->name,
        errno ? strerror(errno) : "not all could be written");
    return CLI_NO_OUTPUT;
}
