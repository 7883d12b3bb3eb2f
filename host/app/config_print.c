#include "app/config_print.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <xxhash.h>
#include "config/pipeline_config.h"

static uint64_t print_file(const char *path, uint64_t print)
{
    struct stat status = {0};
    uint64_t facts[4] = {0};

    if (!stat(path, &status)) {
        facts[0] = status.st_ino;
        facts[1] = (uint64_t)status.st_size;
        facts[2] = (uint64_t)status.st_mtim.tv_sec;
        facts[3] = (uint64_t)status.st_mtim.tv_nsec;
    }
    return XXH64(facts, sizeof facts, XXH64(path, strlen(path), print));
}

uint64_t config_print(
    char *const *arguments, size_t n_arguments, char *const *files, size_t n_files)
{
    struct diag_list diags = {0};
    char **paths = NULL;
    size_t n_paths = config_paths(arguments, n_arguments, &paths, &diags);
    uint64_t print = 0;

    for (size_t i = 0; i < n_paths; i++) {
        print = print_file(paths[i], print);
        free(paths[i]);
    }
    for (size_t i = 0; i < n_files; i++)
        print = print_file(files[i], print);
    free((void *)paths);
    diag_list_finish(&diags);
    return print;
}
