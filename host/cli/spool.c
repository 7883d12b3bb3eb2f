#include <getopt.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "admin/client.h"
#include "cli/cli.h"
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

enum { OPT_DATA = 256, OPT_FORMAT, OPT_HELP };

static const struct option long_options[] = {
    {"data", required_argument, NULL, OPT_DATA},
    {"format", required_argument, NULL, OPT_FORMAT},
    {"help", no_argument, NULL, OPT_HELP},
    {NULL, 0, NULL, 0},
};

struct spool_options {
    const char *data_dir;
    const char *drop; /* NULL: list */
    bool json;
};

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

static void print_result(struct json_object *result, const struct spool_options *options)
{
    if (options->json)
        puts(json_object_to_json_string_ext(
            result, JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_NOSLASHESCAPE));
    else if (options->drop)
        print_dropped(result);
    else
        print_list(result);
}

static int ask(const struct spool_options *options)
{
    struct json_object *request = json_object_new_object(), *result = NULL;
    char why[512];
    int r;

    json_object_object_add(
        request, "command", json_object_new_string(options->drop ? "spool drop" : "spool list"));
    if (options->drop)
        json_object_object_add(request, "name", json_object_new_string(options->drop));
    r = control_ask(options->data_dir, request, &result, why, sizeof why);
    json_object_put(request);
    if (r) {
        fprintf(stderr, "weir spool: %s%s%s\n", options->drop ? options->drop : "",
            options->drop ? ": " : "", why);
        return r;
    }
    print_result(result, options);
    json_object_put(result);
    return CLI_OK;
}

/* -1: go on; else an exit code. */
static int parse(int argc, char **argv, struct spool_options *options)
{
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        switch (option) {
        case OPT_DATA:
            options->data_dir = optarg;
            break;
        case OPT_FORMAT:
            options->json = !strcmp(optarg, "json");
            if (options->json || !strcmp(optarg, "text"))
                break;
            fprintf(stderr, "weir spool: '%s' is no format; text or json\n", optarg);
            return CLI_USAGE;
        case OPT_HELP:
            fputs(help, stdout);
            return CLI_OK;
        default:
            return CLI_USAGE;
        }
    }
    return -1;
}

int cli_spool(int argc, char **argv)
{
    struct spool_options options = {.data_dir = ".weir"};
    int r = parse(argc, argv, &options);
    const char *action;

    if (r >= 0)
        return r;
    action = optind < argc ? argv[optind] : "";
    if (!strcmp(action, "list") && optind + 1 == argc)
        return ask(&options);
    if (!strcmp(action, "drop") && optind + 2 == argc) {
        options.drop = argv[optind + 1];
        return ask(&options);
    }
    fputs(strcmp(action, "drop") != 0
              ? "weir spool: list or drop? See weir spool --help\n"
              : "weir spool drop: which spool? Give one name; weir spool list has them\n",
        stderr);
    return CLI_USAGE;
}
