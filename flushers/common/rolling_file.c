#include "common/rolling_file.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/write_all.h"

#define BLOCK_SIZE 65536

void rolling_file_init(struct rolling_file *file)
{
    file->fd = -1;
    file->to_restore = false;
    file->mid_line = false;
}

static void say(const struct rolling_file *file, uint32_t level, const char *message,
    const char *key, const char *value)
{
    struct weir_field fields[] = {
        {{"path", 4}, {file->path, strlen(file->path)}},
        {{key, strlen(key)}, {value, strlen(value)}},
    };

    file->host->log(file->host, level, (struct weir_str){message, strlen(message)}, fields, 2);
}

/* Removes what is behind start_size. 0 or -errno. */
static int restore(struct rolling_file *file)
{
    if (!file->to_restore)
        return 0;
    if (ftruncate(file->fd, file->start_size) < 0)
        return -errno;
    file->to_restore = false;
    return 0;
}

void rolling_file_undo(struct rolling_file *file)
{
    if (!file->regular || file->fd < 0)
        return;
    file->to_restore = true;
    if (restore(file) < 0)
        say(file, WEIR_LOG_WARN, "cannot take back an unfinished batch yet", "error",
            strerror(errno));
}

void rolling_file_close(struct rolling_file *file)
{
    if (file->fd < 0)
        return;
    if (restore(file) < 0)
        say(file, WEIR_LOG_WARN, "an unfinished batch stays in the file", "error", strerror(errno));
    close(file->fd);
    rolling_file_init(file);
}

/* Offset behind the last '\n' before `size`, 0 if there is none, or -errno. */
static off_t behind_last_line(int fd, off_t size)
{
    char block[BLOCK_SIZE];

    while (size > 0) {
        off_t start = size > BLOCK_SIZE ? size - BLOCK_SIZE : 0;
        ssize_t n = pread(fd, block, (size_t)(size - start), start);
        const char *newline;

        if (n < 0 && errno == EINTR)
            continue;
        if (n != size - start)
            return n < 0 ? -errno : -EIO;
        newline = memrchr(block, '\n', (size_t)n);
        if (newline)
            return start + (newline - block) + 1;
        size = start;
    }
    return 0;
}

static int cut_torn_line(struct rolling_file *file, off_t size)
{
    char bytes[24];
    off_t end;
    int fd = open(file->path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return -errno;
    end = behind_last_line(fd, size);
    close(fd);
    if (end < 0)
        return (int)end;
    if (end == size)
        return 0;
    if (ftruncate(file->fd, end) < 0)
        return -errno;
    snprintf(bytes, sizeof bytes, "%" PRIdMAX, (intmax_t)(size - end));
    say(file, WEIR_LOG_WARN, "cut an unfinished line off the end of the file", "bytes", bytes);
    return 0;
}

/* 0 or -errno. */
static int make_parents(const char *path)
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

static void sync_folder(const struct rolling_file *file)
{
    char folder[PATH_MAX] = ".";
    const char *slash = strrchr(file->path, '/');
    int fd;

    if (slash)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - file->path + 1), file->path);
    fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (fsync(fd) < 0)
        say(file, WEIR_LOG_WARN, "cannot sync the folder", "error", strerror(errno));
    close(fd);
}

/* O_NONBLOCK is for a FIFO that nobody reads: ENXIO instead of waiting for ever. */
static int open_file(struct rolling_file *file)
{
    const int flags = O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NONBLOCK | O_NOCTTY;

    file->fd = open(file->path, flags, 0644);
    if (file->fd < 0 && errno == ENOENT) {
        int r = make_parents(file->path);

        if (r < 0)
            return r;
        file->fd = open(file->path, flags, 0644);
    }
    return file->fd < 0 ? -errno : 0;
}

static int take_over(struct rolling_file *file)
{
    struct stat status;

    if (fstat(file->fd, &status) < 0)
        return -errno;
    file->regular = S_ISREG(status.st_mode);
    file->device = status.st_dev;
    file->inode = status.st_ino;
    if (!file->regular)
        return 0;
    if (file->durable)
        sync_folder(file);
    return status.st_size ? cut_torn_line(file, status.st_size) : 0;
}

static int open_whole(struct rolling_file *file)
{
    int r = open_file(file);

    if (r < 0)
        return r;
    r = take_over(file);
    if (r < 0)
        rolling_file_close(file);
    return r;
}

static bool was_moved(const struct rolling_file *file)
{
    struct stat status;

    if (stat(file->path, &status) < 0)
        return errno == ENOENT;
    return status.st_dev != file->device || status.st_ino != file->inode;
}

static void rolled_name(char name[static PATH_MAX], const char *path, uint64_t number)
{
    if (number)
        snprintf(name, PATH_MAX, "%s.%" PRIu64, path, number);
    else
        snprintf(name, PATH_MAX, "%s", path);
}

/* The number that the oldest file is moved to. */
static uint64_t last_number(const struct rolling_file *file)
{
    char name[PATH_MAX];
    uint64_t number = 1;

    for (; !file->max_files || number < file->max_files; number++) {
        rolled_name(name, file->path, number);
        if (access(name, F_OK) < 0)
            break;
    }
    return number;
}

/* NAME -> NAME.1 -> NAME.2 ... The first gap ends it. 0 or -errno. */
static int shift_files(const struct rolling_file *file)
{
    char from[PATH_MAX], to[PATH_MAX];

    for (uint64_t number = last_number(file); number > 0; number--) {
        rolled_name(from, file->path, number - 1);
        rolled_name(to, file->path, number);
        if (rename(from, to) < 0)
            return -errno;
    }
    return 0;
}

static int roll(struct rolling_file *file)
{
    int r = file->durable ? rolling_file_sync(file) : 0;

    if (r < 0)
        return r;
    r = shift_files(file);
    if (r < 0) {
        say(file, WEIR_LOG_WARN, "cannot roll the file, it grows on", "error", strerror(-r));
        return 0;
    }
    rolling_file_close(file);
    return open_whole(file);
}

static bool is_due(const struct rolling_file *file, uint64_t expected)
{
    uint64_t size = (uint64_t)file->start_size;

    return file->max_size && size && (size > file->max_size || expected > file->max_size - size);
}

static int note_size(struct rolling_file *file)
{
    struct stat status;

    if (fstat(file->fd, &status) < 0)
        return -errno;
    file->start_size = status.st_size;
    return 0;
}

static int ensure_open(struct rolling_file *file)
{
    if (file->fd >= 0) {
        int r = restore(file);

        if (r < 0)
            return r;
        if (was_moved(file))
            rolling_file_close(file);
    }
    return file->fd < 0 ? open_whole(file) : 0;
}

int rolling_file_begin(struct rolling_file *file, uint64_t expected)
{
    int r = ensure_open(file);

    if (r < 0 || !file->regular)
        return r;
    r = note_size(file);
    if (r < 0 || !is_due(file, expected))
        return r;
    r = roll(file);
    return r < 0 ? r : note_size(file);
}

/* After a torn line, what comes next starts a line of its own. */
static int write_stream(struct rolling_file *file, const char *data, size_t size)
{
    size_t written;
    int r = 0;

    if (file->mid_line)
        r = write_all(file->fd, "\n", 1, &written);
    if (r < 0)
        return r;
    file->mid_line = false;
    r = write_all(file->fd, data, size, &written);
    if (r < 0 && written)
        file->mid_line = data[written - 1] != '\n';
    return r;
}

int rolling_file_write(struct rolling_file *file, const char *data, size_t size)
{
    size_t written;
    int r;

    if (!size)
        return 0;
    if (file->regular) {
        r = write_all(file->fd, data, size, &written);
        if (r < 0)
            rolling_file_undo(file);
        return r;
    }
    r = write_stream(file, data, size);
    if (r == -EPIPE)
        rolling_file_close(file);
    return r;
}

int rolling_file_sync(struct rolling_file *file)
{
    if (file->fd < 0 || !file->regular)
        return 0;
    return fdatasync(file->fd) < 0 ? -errno : 0;
}
