#include <getopt.h>
#include <stdio.h>
#include <string.h>
#include "kit/command.h"

int command_on_files(
    int argc, char **argv, const char *help, int (*run)(char **files, int n_files, bool json))
{
    static const struct option long_options[] = {
        {"format", required_argument, NULL, 'f'},
        {"help", no_argument, NULL, 'h'},
        {NULL, 0, NULL, 0},
    };
    bool json = false;
    int option;

    while ((option = getopt_long(argc, argv, "", long_options, NULL)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            return CLI_OK;
        }
        if (option != 'f')
            return CLI_USAGE;
        json = !strcmp(optarg, "json");
        if (!json && strcmp(optarg, "text") != 0) {
            fprintf(stderr, "%s: '%s' is no format; text and json are\n", argv[0], optarg);
            return CLI_USAGE;
        }
    }
    if (optind < argc)
        return run(argv + optind, argc - optind, json);
    fprintf(stderr, "%s: which file? See %s --help\n", argv[0], argv[0]);
    return CLI_USAGE;
}
