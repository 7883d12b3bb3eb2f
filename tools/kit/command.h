/*
 * The subcommands of `weir-plugin`. Each gets its own arguments, argv[0] being its
 * name, prints to standard output what was asked for and to standard error what is
 * wrong, and returns the exit code (cli/cli.h). [control]
 */
#ifndef KIT_COMMAND_H
#define KIT_COMMAND_H

#include <stdbool.h>
#include "cli/cli.h"

int command_inspect(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_new(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_fuzz(int argc, char **argv);

/* A command that takes files, --format text or json, and --help: reads its options and
 * runs it. Returns the exit code. */
int command_on_files(
    int argc, char **argv, const char *help, int (*run)(char **files, int n_files, bool json));

#endif
