/*
 * The subcommands of `weir-plugin`. Each gets its own arguments, argv[0] being its
 * name, prints to standard output what was asked for and to standard error what is
 * wrong, and returns the exit code (cli/cli.h). [control]
 */
#ifndef KIT_COMMAND_H
#define KIT_COMMAND_H

#include "cli/cli.h"

int command_inspect(int argc, char **argv);
int command_describe(int argc, char **argv);
int command_verify(int argc, char **argv);
int command_new(int argc, char **argv);
int command_bench(int argc, char **argv);
int command_fuzz(int argc, char **argv);

#endif
