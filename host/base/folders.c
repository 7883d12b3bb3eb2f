#include "base/folders.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "base/util.h"

int folders_make(const char *path, mode_t mode)
{
    SCOPED_FREE char *part = mem_strdup(path);

    for (char *slash = strchr(part + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(part, mode) && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return mkdir(path, mode) && errno != EEXIST ? -errno : 0;
}
