#include "app/data_lock.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include "base/folders.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/util.h"

#define PID_BYTES_MAX 32 /* of the text in the lock file */

static int make_folders(const char *path)
{
    SCOPED_FREE char *part = mem_strdup(path);
    int r = 0;

    for (char *slash = strchr(part + 1, '/'); slash && !r; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        r = folder_make(part, 0755);
        *slash = '/';
    }
    return r ? r : folder_make(path, 0750);
}

/* A lock of the process, not of the descriptor: a child that is just being started does not
 * hold it when we are killed and started again at once. */
static int lock(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_SETLK, &whole);
}

/* Who has it; 0 when that is not known any more. */
static long holder_of(int fd)
{
    struct flock whole = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_GETLK, &whole) || whole.l_type == F_UNLCK ? 0 : whole.l_pid;
}

static void write_pid(int fd)
{
    char text[PID_BYTES_MAX];
    int n = snprintf(text, sizeof text, "%ld\n", (long)getpid());

    if (ftruncate(fd, 0) || pwrite(fd, text, (size_t)n, 0) != n)
        log_warn("cannot write the pid into the lock file", LOG_STR("error", strerror(errno)));
}

static int refuse(const char *path, int fd)
{
    int r = -errno;

    if (r == -EAGAIN || r == -EACCES)
        log_error("another weir runs on this data folder; stop it, or give --data another",
            LOG_STR("path", path), LOG_INT("pid", holder_of(fd)));
    else
        log_error(
            "cannot lock the data folder", LOG_STR("path", path), LOG_STR("error", strerror(-r)));
    if (fd >= 0)
        close(fd);
    return r;
}

int data_lock(const char *data_dir)
{
    SCOPED_FREE char *path = mem_printf("%s/lock", data_dir);
    int r = make_folders(data_dir), fd;

    if (r) {
        log_error("cannot make the data folder", LOG_STR("path", data_dir),
            LOG_STR("error", strerror(-r)));
        return r;
    }
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0640);
    if (fd < 0 || lock(fd))
        return refuse(path, fd);
    write_pid(fd);
    return fd;
}
