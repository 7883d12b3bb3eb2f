#include "cli/remote.h"

#include <stdio.h>
#include <string.h>
#include "admin/client.h"
#include "cli/cli.h"

int remote_option(int option, const char *command, const char *help, struct remote_options *options)
{
    switch (option) {
    case REMOTE_DATA:
        options->data_dir = optarg;
        return -1;
    case REMOTE_FORMAT:
        options->json = !strcmp(optarg, "json");
        if (options->json || !strcmp(optarg, "text"))
            return -1;
        fprintf(stderr, "%s: '%s' is no format; text or json\n", command, optarg);
        return CLI_USAGE;
    case REMOTE_HELP:
        fputs(help, stdout);
        return CLI_OK;
    default:
        return CLI_USAGE;
    }
}

int remote_parse(
    int argc, char **argv, const char *command, const char *help, struct remote_options *options)
{
    static const struct option long_options[] = {REMOTE_LONG_OPTIONS, {NULL, 0, NULL, 0}};
    int option, r;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        r = remote_option(option, command, help, options);
        if (r >= 0)
            return r;
    }
    return -1;
}

struct json_object *remote_request(const char *command)
{
    struct json_object *request = json_object_new_object();

    json_object_object_add(request, "command", json_object_new_string(command));
    return request;
}

int remote_ask(const struct remote_options *options, const char *command, const char *about,
    struct json_object *request, struct json_object **ret_result)
{
    char why[512];
    int r = control_ask(options->data_dir, request, ret_result, why, sizeof why);

    json_object_put(request);
    if (r)
        fprintf(stderr, "%s: %s%s%s\n", command, about ? about : "", about ? ": " : "", why);
    return r;
}

void remote_print_json(struct json_object *result)
{
    puts(json_object_to_json_string_ext(
        result, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
}
