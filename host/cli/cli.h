/*
 * The subcommands of `weir`. Each gets its own arguments, argv[0] being "weir NAME",
 * prints to standard output what was asked for and to standard error what is
 * wrong, and returns the exit code. [control]
 */
#ifndef CLI_CLI_H
#define CLI_CLI_H

/* sysexits that the commands share. */
enum {
    CLI_OK = 0,
    CLI_FINDINGS = 1,
    CLI_NOTHING = 2,
    CLI_USAGE = 64,
    CLI_NO_INPUT = 66,
    CLI_INTERNAL = 70,
    CLI_NO_OUTPUT = 74, /* standard output takes no more */
    CLI_CONFIG = 78,
};

int cli_run(int argc, char **argv);
int cli_check(int argc, char **argv);
int cli_plugins(int argc, char **argv);
int cli_describe(int argc, char **argv);
int cli_schema(int argc, char **argv);
int cli_explain(int argc, char **argv);
int cli_reload(int argc, char **argv);
int cli_status(int argc, char **argv);
int cli_dead_letter(int argc, char **argv);
int cli_spool(int argc, char **argv);

#endif
