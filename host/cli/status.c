#include "cli/cli.h"

#include <stdio.h>
#include "cli/remote.h"
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

static int show(const struct remote_options *options)
{
    SCOPED_BUF struct buf text = {0};
    struct json_object *status = NULL;
    int r = remote_ask(options, "weir status", NULL, remote_request("status"), &status);

    if (r)
        return r;
    if (options->json) {
        remote_print_json(status);
    } else {
        status_text(status, &text);
        fputs(buf_text(&text), stdout);
    }
    json_object_put(status);
    return CLI_OK;
}

int cli_status(int argc, char **argv)
{
    struct remote_options options = REMOTE_OPTIONS_DEFAULT;
    int r = remote_parse(argc, argv, "weir status", help, &options);

    if (r >= 0)
        return r;
    if (optind == argc)
        return show(&options);
    fprintf(stderr, "weir status: '%s' is not wanted; see weir status --help\n", argv[optind]);
    return CLI_USAGE;
}
