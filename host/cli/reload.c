#include "cli/cli.h"

#include <stdio.h>
#include "base/util.h"
#include "cli/remote.h"

static const char help[] =
    "Usage: weir reload [OPTION]...\n"
    "Makes a running weir read its configuration again, and waits for what comes of it.\n"
    "Pipelines whose meaning has not changed are not touched. A pipeline whose new file\n"
    "is refused goes on as it was.\n"
    "\n"
    "  --data DIR              the data folder of that weir (default ./.weir)\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir check pipelines/ && weir reload --data /var/lib/weir\n"
    "\n"
    "Exit codes: 0 everything is as the files say; 1 something was refused; 64 usage;\n"
    "69 none runs on that data folder; 70 it did not answer; 75 it is stopping.\n";

static const char *text_of(struct json_object *object, const char *key)
{
    return json_object_get_string(json_object_object_get(object, key));
}

static uint64_t count_of(struct json_object *object, const char *key)
{
    return json_object_get_uint64(json_object_object_get(object, key));
}

static void show_item(struct json_object *item)
{
    const char *why = text_of(item, "refused");

    if (why)
        printf("%s: refused: %s\n", text_of(item, "pipeline"), why);
    else
        printf("%s: %s\n", text_of(item, "pipeline"), text_of(item, "change"));
    if (count_of(item, "flushers_left_behind"))
        printf(
            "%s: a flusher of the old one hangs and was left behind\n", text_of(item, "pipeline"));
    if (count_of(item, "logs_left"))
        printf("%s: %s logs were not delivered; their sources keep them\n",
            text_of(item, "pipeline"), text_of(item, "logs_left"));
}

static void show_text(struct json_object *result)
{
    struct json_object *problems = json_object_object_get(result, "problems");
    struct json_object *items = json_object_object_get(result, "pipelines");

    for (size_t i = 0; i < json_object_array_length(problems); i++)
        printf("%s\n", json_object_get_string(json_object_array_get_idx(problems, i)));
    for (size_t i = 0; i < json_object_array_length(items); i++)
        show_item(json_object_array_get_idx(items, i));
    printf("%zu changed, %s refused, %s untouched, in %s s\n",
        json_object_array_length(items) - count_of(result, "refused"), text_of(result, "refused"),
        text_of(result, "untouched"), text_of(result, "took"));
}

static int reload(const struct remote_options *options)
{
    struct json_object *result = NULL;
    int r = remote_ask(options, "weir reload", NULL, remote_request("reload"), &result);

    if (r)
        return r;
    if (options->json)
        remote_print_json(result);
    else
        show_text(result);
    r = json_object_get_boolean(json_object_object_get(result, "successful")) ? CLI_OK
                                                                              : CLI_FINDINGS;
    json_object_put(result);
    return r;
}

int cli_reload(int argc, char **argv)
{
    struct remote_options options = REMOTE_OPTIONS_DEFAULT;
    int r = remote_parse(argc, argv, "weir reload", help, &options);

    if (r >= 0)
        return r;
    if (optind == argc)
        return reload(&options);
    fprintf(stderr, "weir reload: '%s' is not wanted; see weir reload --help\n", argv[optind]);
    return CLI_USAGE;
}
