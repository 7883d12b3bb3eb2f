#include "common/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int folders_make(const char *path)
{
    char folder[PATH_MAX];
    size_t size = strlen(path) + 1;

    if (size > sizeof folder)
        return -ENAMETOOLONG;
    memcpy(folder, path, size);
    for (char *slash = folder + 1; *folder && (slash = strchr(slash, '/')); slash++) {
        *slash = 0;
        if (mkdir(folder, 0755) < 0 && errno != EEXIST)
            return -errno;
        *slash = '/';
    }
    return 0;
}

/* Cuts the last component off; the working folder stands above everything relative. */
static void to_parent(char *path)
{
    char *slash = strrchr(path, '/');

    if (!slash)
        strcpy(path, ".");
    else if (slash == path)
        slash[1] = '\0';
    else
        *slash = '\0';
}

int folders_allow(const char *path)
{
    char above[PATH_MAX];
    struct stat status;
    size_t size = strlen(path) + 1;

    if (size > sizeof above)
        return -ENAMETOOLONG;
    memcpy(above, path, size);
    if (!stat(path, &status))
        return S_ISDIR(status.st_mode) ? -EISDIR : access(path, W_OK) < 0 ? -errno : 0;
    while (errno == ENOENT) {
        to_parent(above);
        if (!stat(above, &status))
            return !S_ISDIR(status.st_mode)         ? -ENOTDIR
                   : access(above, W_OK | X_OK) < 0 ? -errno
                                                    : 0;
    }
    return -errno;
}

int folders_sync(const char *path)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(path, '/');
    int r, fd;

    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path + 1), path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return -errno;
    r = fsync(fd) < 0 ? -errno : 0;
    close(fd);
    return r;
}
