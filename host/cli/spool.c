#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "cli/cli.h"
#include "cli/remote.h"
#include "cli/spools_text.h"

static const char help[] =
    "Usage: weir spool list [OPTION]...\n"
    "       weir spool drop NAME [OPTION]...\n"
    "Spools that no flusher uses any more: those of flushers and pipelines that were removed\n"
    "or have no spool now, and damaged ones that were set aside. list shows them; drop\n"
    "throws the logs in one away, for good. A spool is sent when a flusher of its name\n"
    "has a spool again.\n"
    "\n"
    "  --data DIR              the data folder of the weir that runs (default ./.weir)\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir spool drop web/flusher_http/1 --data /var/lib/weir\n"
    "\n"
    "Exit codes: 0 done; 1 there is no such spool, or it is in use; 64 usage; 69 no weir\n"
    "runs on that data folder; 70 it did not answer; 75 not now: its configuration is being\n"
    "changed, or it stops.\n";

static void print_list(struct json_object *result)
{
    struct buf text = {0};

    spools_text(result, &text);
    if (text.size)
        fwrite(text.data, 1, text.size, stdout);
    else
        puts("every spool is in use, or empty");
    buf_finish(&text);
}

static void print_dropped(struct json_object *result)
{
    printf("%s: %" PRIu64 " logs are gone\n",
        json_object_get_string(json_object_object_get(result, "dropped")),
        json_object_get_uint64(json_object_object_get(result, "logs")));
}

/* `drop`: the name of a spool; NULL: list. */
static int ask(const struct remote_options *options, const char *drop)
{
    struct json_object *request = remote_request(drop ? "spool drop" : "spool list");
    struct json_object *result = NULL;
    int r;

    if (drop)
        json_object_object_add(request, "name", json_object_new_string(drop));
    r = remote_ask(options, "weir spool", drop, request, &result);
    if (r)
        return r;
    if (options->json)
        remote_print_json(result);
    else if (drop)
        print_dropped(result);
    else
        print_list(result);
    json_object_put(result);
    return CLI_OK;
}

int cli_spool(int argc, char **argv)
{
    struct remote_options options = REMOTE_OPTIONS_DEFAULT;
    int r = remote_parse(argc, argv, "weir spool", help, &options);
    const char *action;

    if (r >= 0)
        return r;
    action = optind < argc ? argv[optind] : "";
    if (!strcmp(action, "list") && optind + 1 == argc)
        return ask(&options, NULL);
    if (!strcmp(action, "drop") && optind + 2 == argc)
        return ask(&options, argv[optind + 1]);
    fputs(strcmp(action, "drop") != 0
              ? "weir spool: list or drop? See weir spool --help\n"
              : "weir spool drop: which spool? Give one name; weir spool list has them\n",
        stderr);
    return CLI_USAGE;
}
