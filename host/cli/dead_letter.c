#include "cli/cli.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include "base/util.h"
#include "cli/remote.h"

static const char help[] =
    "Usage: weir dead-letter list [OPTION]...\n"
    "       weir dead-letter show ID [OPTION]...\n"
    "       weir dead-letter replay ID...|--flusher NAME|--all [OPTION]...\n"
    "       weir dead-letter drop ID...|--flusher NAME|--all [OPTION]...\n"
    "Logs that were rejected or given up: shows them with the reason, sends them again, or\n"
    "throws them away. A letter that is sent again goes when it is settled; what is\n"
    "rejected again is a new one.\n"
    "\n"
    "  --data DIR              the data folder of the weir that runs (default ./.weir)\n"
    "  --flusher NAME          those of one flusher, pipeline/type/id, or of one pipeline\n"
    "  --all                   all of them\n"
    "  --format FORMAT         text (default), json\n"
    "  --help                  this text\n"
    "\n"
    "Example: weir dead-letter replay --flusher web/flusher_http/1\n"
    "\n"
    "Exit codes: 0 done; 1 there is no such letter, or the flusher of some does not run; 64\n"
    "usage; 69 no weir runs on that data folder; 70 it did not answer.\n";

enum { OPT_FLUSHER = REMOTE_OWN, OPT_ALL };

static const struct option long_options[] = {
    REMOTE_LONG_OPTIONS,
    {"flusher", required_argument, NULL, OPT_FLUSHER},
    {"all", no_argument, NULL, OPT_ALL},
    {NULL, 0, NULL, 0},
};

struct letter_options {
    struct remote_options remote;
    const char *flusher;
    bool all;
    char **ids;
    int n_ids;
};

static const char *text_of(struct json_object *object, const char *key)
{
    const char *text = json_object_get_string(json_object_object_get(object, key));

    return text ? text : "";
}

static uint64_t number_of(struct json_object *object, const char *key)
{
    return json_object_get_uint64(json_object_object_get(object, key));
}

static void put_time(struct json_object *letter, char text[32])
{
    time_t at = (time_t)json_object_get_double(json_object_object_get(letter, "time"));
    struct tm parts;

    strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", gmtime_r(&at, &parts));
}

static void print_letter(struct json_object *letter)
{
    char time[32];

    put_time(letter, time);
    printf("%6" PRIu64 "  %s  %s  %s  logs=%" PRIu64 " attempts=%" PRIu64 " code=%s%s%s\n",
        number_of(letter, "id"), time, text_of(letter, "flusher"), text_of(letter, "reason"),
        number_of(letter, "logs"), number_of(letter, "attempts"), text_of(letter, "code"),
        text_of(letter, "words")[0] ? "  " : "", text_of(letter, "words"));
}

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static int print_list(struct json_object *result)
{
    struct json_object *list = json_object_object_get(result, "letters");
    size_t n = json_object_array_length(list);

    for (size_t i = 0; i < n; i++)
        print_letter(json_object_array_get_idx(list, i));
    printf("%zu letter%s%s; all hold %" PRIu64 " log%s, %" PRIu64 " of at most %" PRIu64 " bytes\n",
        n, plural(n), number_of(result, "left_out") ? " and more" : "", number_of(result, "logs"),
        plural(number_of(result, "logs")), number_of(result, "bytes"),
        number_of(result, "max_bytes"));
    return CLI_OK;
}

static void print_pairs(struct json_object *pairs)
{
    for (size_t i = 0; i < json_object_array_length(pairs); i++) {
        struct json_object *pair = json_object_array_get_idx(pairs, i);

        printf(" %s=%s",
            json_object_to_json_string_ext(
                json_object_array_get_idx(pair, 0), JSON_C_TO_STRING_NOSLASHESCAPE),
            json_object_to_json_string_ext(
                json_object_array_get_idx(pair, 1), JSON_C_TO_STRING_NOSLASHESCAPE));
    }
    putchar('\n');
}

static int print_shown(struct json_object *letter)
{
    struct json_object *group = json_object_object_get(letter, "group");
    struct json_object *logs = json_object_object_get(group, "logs");

    print_letter(letter);
    if (!group) {
        puts("its content is damaged");
        return CLI_OK;
    }
    printf("tags:");
    print_pairs(json_object_object_get(group, "tags"));
    for (size_t i = 0; i < json_object_array_length(logs); i++) {
        struct json_object *log = json_object_array_get_idx(logs, i);

        printf("%" PRIu64 ":", number_of(log, "time"));
        print_pairs(json_object_object_get(log, "contents"));
    }
    if (number_of(group, "left_out"))
        printf("and %" PRIu64 " logs more\n", number_of(group, "left_out"));
    return CLI_OK;
}

static void print_sum(uint64_t letters, uint64_t logs, const char *what)
{
    printf("%" PRIu64 " letter%s with %" PRIu64 " log%s %s\n", letters, plural(letters), logs,
        plural(logs), what);
}

static int print_replayed(struct json_object *result)
{
    print_sum(number_of(result, "replayed"), number_of(result, "logs"), "sent again");
    if (!number_of(result, "kept"))
        return CLI_OK;
    fprintf(stderr,
        "weir dead-letter: %" PRIu64
        " letter%s kept: the flusher does not run, or its queue is full\n",
        number_of(result, "kept"), plural(number_of(result, "kept")));
    return CLI_FINDINGS;
}

static int print_dropped(struct json_object *result)
{
    print_sum(number_of(result, "dropped"), number_of(result, "logs"), "dropped");
    return CLI_OK;
}

static const struct action {
    const char *name, *command;
    bool wants_choice;
    int (*print)(struct json_object *result);
} actions[] = {
    {"list", "dead-letter list", false, print_list},
    {"show", "dead-letter show", true, print_shown},
    {"replay", "dead-letter replay", true, print_replayed},
    {"drop", "dead-letter drop", true, print_dropped},
};

/* False when one is no number. */
static bool add_ids(struct json_object *request, const struct letter_options *options)
{
    struct json_object *ids = json_object_new_array();

    for (int i = 0; i < options->n_ids; i++) {
        char *end;
        uint64_t id;

        errno = 0;
        id = strtoull(options->ids[i], &end, 10);
        if (errno || *end || end == options->ids[i] || options->ids[i][0] == '-') {
            fprintf(stderr, "weir dead-letter: '%s' is no id of a letter\n", options->ids[i]);
            json_object_put(ids);
            return false;
        }
        json_object_array_add(ids, json_object_new_uint64(id));
    }
    json_object_object_add(request, "ids", ids);
    return true;
}

static int ask(const struct action *action, const struct letter_options *options)
{
    struct json_object *request = remote_request(action->command), *result = NULL;
    int r;

    json_object_object_add(request, "all", json_object_new_boolean(options->all));
    if (options->flusher)
        json_object_object_add(request, "flusher", json_object_new_string(options->flusher));
    if (!add_ids(request, options)) {
        json_object_put(request);
        return CLI_USAGE;
    }
    r = remote_ask(&options->remote, "weir dead-letter", NULL, request, &result);
    if (r)
        return r;
    if (options->remote.json)
        remote_print_json(result);
    r = options->remote.json ? CLI_OK : action->print(result);
    json_object_put(result);
    return r;
}

/* -1: go on; else an exit code. */
static int parse(int argc, char **argv, struct letter_options *options)
{
    int option, r;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        r = -1;
        if (option == OPT_FLUSHER)
            options->flusher = optarg;
        else if (option == OPT_ALL)
            options->all = true;
        else
            r = remote_option(option, "weir dead-letter", help, &options->remote);
        if (r >= 0)
            return r;
    }
    return -1;
}

static const struct action *find_action(const char *name)
{
    for (size_t i = 0; i < ARRAY_SIZE(actions); i++)
        if (!strcmp(actions[i].name, name))
            return &actions[i];
    return NULL;
}

int cli_dead_letter(int argc, char **argv)
{
    struct letter_options options = {.remote = REMOTE_OPTIONS_DEFAULT};
    const struct action *action;
    int r = parse(argc, argv, &options);

    if (r >= 0)
        return r;
    action = optind < argc ? find_action(argv[optind]) : NULL;
    if (!action) {
        fputs(
            "weir dead-letter: list, show, replay or drop? See weir dead-letter --help\n", stderr);
        return CLI_USAGE;
    }
    options.ids = argv + optind + 1;
    options.n_ids = argc - optind - 1;
    if (action->wants_choice && !options.n_ids && !options.flusher && !options.all) {
        fprintf(stderr, "weir dead-letter %s: which letters? Give ids, --flusher or --all\n",
            action->name);
        return CLI_USAGE;
    }
    return ask(action, &options);
}
