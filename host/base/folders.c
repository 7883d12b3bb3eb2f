#include "base/folders.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"

int folder_sync(const char *path)
{
    SCOPED_FD int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

    if (fd < 0)
        return errno == EACCES ? 0 : -errno; /* it may be written to, but not be opened */
    return fsync(fd) == 0 || errno == EINVAL || errno == ENOTSUP ? 0 : -errno;
}

/* Of the folder above; a path without a slash lies in the working folder. */
static int sync_above(const char *path)
{
    const char *slash = strrchr(path, '/');
    SCOPED_FREE char *above =
        slash ? mem_strndup(path, MAX((size_t)(slash - path), (size_t)1)) : mem_strdup(".");

    return folder_sync(above);
}

int folder_make(const char *path, mode_t mode)
{
    int r;

    if (mkdir(path, mode))
        return errno == EEXIST ? 0 : -errno;
    r = sync_above(path);
    if (r)
        rmdir(path);
    return r;
}

int folders_make(const char *path, mode_t mode)
{
    SCOPED_FREE char *part = mem_strdup(path);
    int r = 0;

    for (char *slash = strchr(part + 1, '/'); slash && !r; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        r = folder_make(part, mode);
        *slash = '/';
    }
    return r ? r : folder_make(path, mode);
}
