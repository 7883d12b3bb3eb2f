#include "cli/cli.h"

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "admin/client.h"
#include "cli/status_text.h"

static const char help[] =
    "Usage: weir status [OPTION]...\n"
    "Says how a running weir is: for each flusher its state, what is queued, what went\n"
    "wrong last and when it is tried next; and which pipelines are refused, and why.\n"
    "\n"
    "  --data DIR              the data folder of that weir (default ./.weir)\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir status --data /var/lib/weir\n"
    "\n"
    "Exit codes: 0 it answered; 64 usage; 69 none runs on that data folder; 70 it did not\n"
    "answer.\n";

enum { OPT_DATA = 256, OPT_FORMAT, OPT_HELP };

static const struct option long_options[] = {
    {"data", required_argument, NULL, OPT_DATA},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

static int show(const char *data_dir, bool json)
{
    struct json_object *request = json_object_new_object(), *status = NULL;
    SCOPED_BUF struct buf text = {0};
    char why[512];
    int r;

    json_object_object_add(request, "command", json_object_new_string("status"));
    r = control_ask(data_dir, request, &status, why, sizeof why);
    json_object_put(request);
    if (r) {
        fprintf(stderr, "weir status: %s\n", why);
        return r;
    }
    if (json)
        buf_printf(&text, "%s\n",
            json_object_to_json_string_ext(
                status, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
    else
        status_text(status, &text);
    fputs(buf_text(&text), stdout);
    json_object_put(status);
    return CLI_OK;
}

int cli_status(int argc, char **argv)
{
    const char *data_dir = ".weir";
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case OPT_DATA:
            data_dir = optarg;
            break;
        case OPT_FORMAT:
            json = !strcmp(optarg, "json");
            if (json || !strcmp(optarg, "text"))
                break;
            fprintf(stderr, "weir status: '%s' is no format; text or json\n", optarg);
            return CLI_USAGE;
        case OPT_HELP:
            fputs(help, stdout);
            return CLI_OK;
        default:
            return CLI_USAGE;
        }
    }
    if (optind == argc)
        return show(data_dir, json);
    fprintf(stderr, "weir status: '%s' is not wanted; see weir status --help\n", argv[optind]);
    return CLI_USAGE;
}
