#include "common/rolled_names.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <unistd.h>

static void rolled_name(char name[static PATH_MAX], const char *path, uint64_t number)
{
    if (number)
        snprintf(name, PATH_MAX, "%s.%" PRIu64, path, number);
    else
        snprintf(name, PATH_MAX, "%s", path);
}

/* The number that the oldest file is moved to. */
static uint64_t last_number(const char *path, uint64_t max_files)
{
    char name[PATH_MAX];
    uint64_t number = 1;

    for (; !max_files || number < max_files; number++) {
        rolled_name(name, path, number);
        if (access(name, F_OK) < 0)
            break;
    }
    return number;
}

int rolled_names_shift(const char *path, uint64_t max_files)
{
    char from[PATH_MAX], to[PATH_MAX];

    for (uint64_t number = last_number(path, max_files); number > 0; number--) {
        rolled_name(from, path, number - 1);
        rolled_name(to, path, number);
        if (rename(from, to) < 0)
            return -errno;
    }
    return 0;
}
