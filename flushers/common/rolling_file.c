#include "common/rolling_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>
#include <weir/words.h>

#include "common/folders.h"
#include "common/rolled_names.h"
#include "common/torn_line.h"
#include "common/write_all.h"

#define LOCK_TRIES 200
#define LOCK_PAUSE_NS UINT64_C(10000000)
/* How often somebody may move the file while it is being opened. */
#define OPEN_TRIES 10
#define STALL_MS 5000

void rolling_file_init(struct rolling_file *file)
{
    file->fd = -1;
    file->dirty = file->mid_line = false;
    file->whole = -1;
    file->undo_from = file->undo_to = 0;
}

/* A line of the log about the file, with one more field. */
static void warn(
    const struct rolling_file *file, const char *message, const char *key, const char *value)
{
    const struct weir_field fields[] = {
        {{"path", 4}, weir_str_of(file->path)},
        {weir_str_of(key), weir_str_of(value)},
    };

    file->host->log(file->host, WEIR_LOG_WARN, weir_str_of(message), fields, 2);
}

static void warn_error(const struct rolling_file *file, const char *message, int error)
{
    warn(file, message, "error", strerror(-error));
}

int rolling_file_sync(struct rolling_file *file)
{
    if (file->fd < 0 || !file->regular || !file->dirty)
        return 0;
    if (fdatasync(file->fd) < 0)
        return -errno;
    file->dirty = false;
    return 0;
}

void rolling_file_close(struct rolling_file *file)
{
    int r = file->durable ? rolling_file_sync(file) : 0;

    if (r < 0)
        warn_error(file, "cannot sync the file", r);
    if (file->fd >= 0)
        close(file->fd);
    rolling_file_init(file);
}

/* O_NONBLOCK is for a FIFO that nobody reads: ENXIO instead of waiting for ever. */
static int open_path(struct rolling_file *file)
{
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

    file->fd = open(file->path, flags, 0644);
    if (file->fd < 0 && errno == ENOENT) {
        int r = folders_make(file->path);

        if (r < 0)
            return r;
        file->fd = open(file->path, flags, 0644);
    }
    return file->fd < 0 ? -errno : 0;
}

/* Looks at what was opened. 0 or -errno. */
static int open_file(struct rolling_file *file)
{
    struct stat status = {0};
    int r = open_path(file);

    if (r == 0 && fstat(file->fd, &status) < 0)
        r = -errno;
    if (r < 0) {
        rolling_file_close(file);
        return r;
    }
    file->regular = S_ISREG(status.st_mode);
    file->device = status.st_dev;
    file->inode = status.st_ino;
    r = file->regular && file->durable ? folders_sync(file->path) : 0;
    if (r < 0)
        warn_error(file, "cannot sync the folder", r);
    return 0;
}

/* Somebody else holds it only while writing a batch. File systems without locks are
 * used without. 0 or -EAGAIN. */
static int lock_file(const struct rolling_file *file)
{
    for (int i = 0; i < LOCK_TRIES; i++) {
        if (flock(file->fd, LOCK_EX | LOCK_NB) == 0 || (errno != EWOULDBLOCK && errno != EINTR))
            return 0;
        file->host->nap(file->host, LOCK_PAUSE_NS);
    }
    return -EAGAIN;
}

static bool was_moved(const struct rolling_file *file)
{
    struct stat status;

    if (stat(file->path, &status) < 0)
        return errno == ENOENT;
    return status.st_dev != file->device || status.st_ino != file->inode;
}

/* The file of that name, open and locked. 0 or -errno. */
static int hold_file(struct rolling_file *file)
{
    for (int i = 0; i < OPEN_TRIES; i++) {
        int r = file->fd < 0 ? open_file(file) : 0;

        if (r < 0)
            return r;
        if (file->regular)
            r = lock_file(file);
        if (r < 0 || !was_moved(file))
            return r;
        rolling_file_close(file);
    }
    return -EAGAIN;
}

static int cut(struct rolling_file *file, off_t size)
{
    if (ftruncate(file->fd, size) < 0)
        return -errno;
    file->size = size;
    return 0;
}

/* What a failed append left, unless somebody else has appended behind it. */
static int finish_undo(struct rolling_file *file)
{
    int r = 0;

    if (file->undo_from != file->undo_to && file->size == file->undo_to)
        r = cut(file, file->undo_from);
    if (r == 0)
        file->undo_from = file->undo_to = 0;
    return r;
}

/* The same file once more, for reading; -errno. */
static int open_to_read(const struct rolling_file *file)
{
    struct stat status;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0)
        return -errno;
    if (fstat(fd, &status) == 0 && status.st_dev == file->device && status.st_ino == file->inode)
        return fd;
    close(fd);
    return -EAGAIN;
}

static int cut_torn_line(struct rolling_file *file)
{
    char bytes[24];
    off_t start, size = file->size;
    int r, fd = open_to_read(file);

    if (fd < 0)
        return fd;
    start = torn_line_start(fd, size);
    close(fd);
    if (start < 0 || start == size)
        return start < 0 ? (int)start : 0;
    r = cut(file, start);
    if (r < 0)
        return r;
    snprintf(bytes, sizeof bytes, "%" PRIdMAX, (intmax_t)(size - start));
    warn(file, "cut an unfinished line off the end of the file", "bytes", bytes);
    return 0;
}

/* Sees to it that the locked file ends in a whole line, and notes its size. */
static int mend_end(struct rolling_file *file)
{
    struct stat status;
    int r;

    if (fstat(file->fd, &status) < 0)
        return -errno;
    file->size = status.st_size;
    r = finish_undo(file);
    if (r == 0 && file->size && file->size != file->whole)
        r = cut_torn_line(file);
    if (r == 0)
        file->whole = file->size;
    return r;
}

static bool is_due(const struct rolling_file *file, size_t more)
{
    uint64_t size = (uint64_t)file->size;

    return file->max_size && size && (size > file->max_size || more > file->max_size - size);
}

/* 0 or -errno. If it cannot be rolled it grows on. */
static int roll(struct rolling_file *file)
{
    int r = rolled_names_shift(file->path, file->max_files);

    if (r < 0) {
        warn_error(file, "cannot roll the file, it grows on", r);
        return 0;
    }
    rolling_file_close(file);
    r = hold_file(file);
    return r < 0 || !file->regular ? r : mend_end(file);
}

static int prepare(struct rolling_file *file, size_t more)
{
    int r = hold_file(file);

    if (r < 0 || !file->regular)
        return r;
    r = mend_end(file);
    return r == 0 && is_due(file, more) ? roll(file) : r;
}

static void undo(struct rolling_file *file, size_t written)
{
    int r;

    file->undo_from = file->size;
    file->undo_to = file->size + (off_t)written;
    file->size = file->undo_to;
    r = finish_undo(file);
    if (r < 0)
        warn_error(file, "cannot take back an unfinished batch yet", r);
}

static int write_whole(struct rolling_file *file, const char *data, size_t size, bool sync)
{
    size_t written;
    int r;

    file->dirty = true;
    r = write_all(file->fd, data, size, STALL_MS, &written);
    if (r == 0 && sync)
        r = rolling_file_sync(file);
    if (r < 0)
        undo(file, written);
    else
        file->whole = file->size + (off_t)size;
    return r;
}

/* After a torn line, what comes next starts a line of its own. */
static int write_stream(struct rolling_file *file, const char *data, size_t size)
{
    size_t written;
    int r = 0;

    if (file->mid_line)
        r = write_all(file->fd, "\n", 1, STALL_MS, &written);
    if (r == 0) {
        file->mid_line = false;
        r = write_all(file->fd, data, size, STALL_MS, &written);
        file->mid_line = written && data[written - 1] != '\n';
    }
    if (r == -EPIPE)
        rolling_file_close(file);
    return r;
}

int rolling_file_append(struct rolling_file *file, const char *data, size_t size, bool sync)
{
    int r = size ? prepare(file, size) : 0;

    if (r == 0 && size)
        r = file->regular ? write_whole(file, data, size, sync) : write_stream(file, data, size);
    if (file->fd >= 0 && file->regular)
        flock(file->fd, LOCK_UN);
    return r;
}
