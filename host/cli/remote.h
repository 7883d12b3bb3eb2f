/*
 * What the commands have in common that ask a running weir: the options --data, --format
 * and --help, the asking, and the answer as JSON. Complaints go to standard error and begin
 * with the command's name, as "weir status".
 */
#ifndef CLI_REMOTE_H
#define CLI_REMOTE_H

#include <getopt.h>
#include <json-c/json.h>
#include <stdbool.h>

struct remote_options {
    const char *data_dir;
    bool json;
};

#define REMOTE_OPTIONS_DEFAULT ((struct remote_options){.data_dir = ".weir"})

/* Rows of a table for getopt_long; those of a command's own have values from REMOTE_OWN. */
#define REMOTE_LONG_OPTIONS \
    {"data", required_argument, NULL, REMOTE_DATA}, \
        {"format", required_argument, NULL, REMOTE_FORMAT}, \
    { \
        "help", no_argument, NULL, REMOTE_HELP \
    }

enum { REMOTE_DATA = 256, REMOTE_FORMAT, REMOTE_HELP, REMOTE_OWN };

/* What getopt_long has returned, if it is none of the command's own. -1: go on; else an
 * exit code. */
int remote_option(
    int option, const char *command, const char *help, struct remote_options *options);

/* A command line that may have these options only; optind is then behind them. -1: go on;
 * else an exit code. */
int remote_parse(
    int argc, char **argv, const char *command, const char *help, struct remote_options *options);

/* Sends `request`, which is used up. 0 with an object for json_object_put(); else an exit
 * code, and why has been said. `about`: what is asked for, NULL for nothing in particular. */
int remote_ask(const struct remote_options *options, const char *command, const char *about,
    struct json_object *request, struct json_object **ret_result);

/* A request that says no more than what is wanted. */
struct json_object *remote_request(const char *command);

/* To standard output. */
void remote_print_json(struct json_object *result);

#endif
