/*
 * A program of several commands: finds the one that is wanted, and says which there are.
 */
#ifndef CLI_PROGRAM_H
#define CLI_PROGRAM_H

#include <stddef.h>

struct cli_command {
    const char *name;
    int (*run)(int argc, char **argv); /* argv[0] is "PROGRAM COMMAND" */
    const char *help;                  /* one line; NULL: not for people */
};

struct cli_program {
    const char *name;
    const char *what;    /* it is for: one sentence */
    const char *example; /* a command line */
    const struct cli_command *commands;
    size_t n_commands;
};

/* Returns the exit code: that of the command, or CLI_NO_OUTPUT when not all that it printed
 * could be written. [control] */
int cli_program_main(const struct cli_program *program, int argc, char **argv);

#endif
