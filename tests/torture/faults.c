/*
 * Preloaded into the host by torture tests: makes system calls fail, lag, stop short or
 * kill the process, and shifts the wall clock, as rules say that lie in a shared file
 * (WEIR_FAULTS) and may change while the host runs. Each rule counts how often it fired,
 * so that a test can prove that its fault took place.
 *
 * The layout is that of tests/torture/faults.py.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/vfs.h>
#include <time.h>
#include <unistd.h>

#define RULES_MAX 8
#define PATH_PART_MAX 104

enum call {
    CALL_NONE,
    CALL_OPEN,
    CALL_READ,
    CALL_WRITE,
    CALL_SYNC,
    CALL_RENAME,
    CALL_WRITE_HEAD, /* of the first HEAD_BYTES of a file: LMDB's root pages */
    CALL_STATFS,
};
#define HEAD_BYTES 8192
enum action {
    ACTION_FAIL = 1,
    ACTION_KILL = 2,
    ACTION_LAG = 3,
    ACTION_SHORT = 4,
    ACTION_TYPE = 5, /* statfs says that it is this type */
};

struct rule {
    uint32_t call; /* CALL_NONE: not in force */
    uint32_t action;
    uint32_t number; /* FAIL: errno; LAG: milliseconds; TYPE: of the file system */
    uint32_t every;  /* fires at every n-th matching call; 0: never */
    atomic_uint seen, fired;
    char part[PATH_PART_MAX]; /* of the path, with a $ behind it its end; "" matches all */
};

struct rules {
    int64_t clock_shift_ns;
    struct rule items[RULES_MAX];
};

static struct rules *rules;

__attribute__((constructor)) static void start(void)
{
    const char *path = getenv("WEIR_FAULTS");
    int fd = path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC) : -1;
    void *memory;

    if (fd < 0)
        return;
    memory = mmap(NULL, sizeof *rules, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    close(fd);
    rules = memory == MAP_FAILED ? NULL : memory;
}

static void *next(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

/* Calls the C library's own function of that name. */
#define REAL(NAME) \
    static __typeof__(NAME) *real; \
    if (!real) \
    *(void **)&real = next(#NAME)

static bool has_part(const char *path, const char *part)
{
    size_t size = strlen(path), length = strlen(part);

    if (part[length - 1] != '$')
        return strstr(path, part) != NULL;
    return size >= --length && !memcmp(path + size - length, part, length);
}

static bool path_matches(const struct rule *rule, const char *path, int fd)
{
    char link[64], target[4096];
    ssize_t n;

    if (!rule->part[0])
        return true;
    if (path)
        return has_part(path, rule->part);
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, target, sizeof target - 1);
    if (n <= 0)
        return false;
    target[n] = '\0';
    return has_part(target, rule->part);
}

static struct rule *rule_that_fires(enum call call, const char *path, int fd)
{
    for (size_t i = 0; rules && i < RULES_MAX; i++) {
        struct rule *rule = &rules->items[i];

        if (rule->call != call || !rule->every || !path_matches(rule, path, fd))
            continue;
        if ((atomic_fetch_add(&rule->seen, 1) + 1) % rule->every)
            continue;
        atomic_fetch_add(&rule->fired, 1);
        return rule;
    }
    return NULL;
}

/* For as long as the rule says, and is in force. */
static void lag(const struct rule *rule)
{
    static const struct timespec nap = {0, 5000000};
    struct timespec now, start;

    clock_gettime(CLOCK_MONOTONIC, &start);
    do {
        nanosleep(&nap, NULL);
        clock_gettime(CLOCK_MONOTONIC, &now);
    } while (*(const volatile uint32_t *)&rule->call &&
             (now.tv_sec - start.tv_sec) * 1000 + (now.tv_nsec - start.tv_nsec) / 1000000 <
                 (int64_t)rule->number);
}

/* True when the call must not be made: errno is set. `size`, if there is one, may
 * become smaller. */
static bool fault(enum call call, const char *path, int fd, size_t *size)
{
    int saved = errno;
    struct rule *rule = rule_that_fires(call, path, fd);

    errno = saved;
    if (!rule)
        return false;
    switch (rule->action) {
    case ACTION_KILL:
        if (size && *size > 1) /* in the middle of it */
            (void)!syscall(SYS_write, fd, "", 0);
        kill(getpid(), SIGKILL);
        pause();
        return true;
    case ACTION_LAG:
        lag(rule);
        errno = saved;
        return false;
    case ACTION_SHORT:
        if (size && *size > 1)
            *size /= 2;
        return false;
    default:
        errno = (int)rule->number;
        return true;
    }
}

#define VISIBLE __attribute__((visibility("default")))

static mode_t mode_of(int flags, va_list arguments)
{
    return flags & (O_CREAT | __O_TMPFILE) ? va_arg(arguments, mode_t) : 0;
}

VISIBLE int open(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    REAL(open);

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return fault(CALL_OPEN, path, -1, NULL) ? -1 : real(path, flags, mode);
}

VISIBLE int open64(const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    REAL(open64);

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return fault(CALL_OPEN, path, -1, NULL) ? -1 : real(path, flags, mode);
}

VISIBLE int openat(int folder, const char *path, int flags, ...)
{
    va_list arguments;
    mode_t mode;
    REAL(openat);

    va_start(arguments, flags);
    mode = mode_of(flags, arguments);
    va_end(arguments);
    return fault(CALL_OPEN, path, -1, NULL) ? -1 : real(folder, path, flags, mode);
}

VISIBLE ssize_t read(int fd, void *data, size_t size)
{
    REAL(read);
    return fault(CALL_READ, NULL, fd, &size) ? -1 : real(fd, data, size);
}

VISIBLE ssize_t pread64(int fd, void *data, size_t size, off64_t at)
{
    REAL(pread64);
    return fault(CALL_READ, NULL, fd, &size) ? -1 : real(fd, data, size, at);
}

VISIBLE ssize_t pread(int fd, void *data, size_t size, off_t at)
{
    REAL(pread);
    return fault(CALL_READ, NULL, fd, &size) ? -1 : real(fd, data, size, at);
}

VISIBLE ssize_t write(int fd, const void *data, size_t size)
{
    REAL(write);
    return fault(CALL_WRITE, NULL, fd, &size) ? -1 : real(fd, data, size);
}

VISIBLE ssize_t writev(int fd, const struct iovec *pieces, int count)
{
    REAL(writev);
    return fault(CALL_WRITE, NULL, fd, NULL) ? -1 : real(fd, pieces, count);
}

static bool write_fault(int fd, size_t *size, off64_t at)
{
    return fault(CALL_WRITE, NULL, fd, size) ||
           (at < HEAD_BYTES && fault(CALL_WRITE_HEAD, NULL, fd, size));
}

VISIBLE ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    REAL(pwrite64);
    return write_fault(fd, &size, at) ? -1 : real(fd, data, size, at);
}

VISIBLE ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    REAL(pwrite);
    return write_fault(fd, &size, at) ? -1 : real(fd, data, size, at);
}

VISIBLE ssize_t pwritev(int fd, const struct iovec *pieces, int count, off_t at)
{
    REAL(pwritev);
    return fault(CALL_WRITE, NULL, fd, NULL) ? -1 : real(fd, pieces, count, at);
}

VISIBLE ssize_t pwritev64(int fd, const struct iovec *pieces, int count, off64_t at)
{
    REAL(pwritev64);
    return fault(CALL_WRITE, NULL, fd, NULL) ? -1 : real(fd, pieces, count, at);
}

VISIBLE int fdatasync(int fd)
{
    REAL(fdatasync);
    return fault(CALL_SYNC, NULL, fd, NULL) ? -1 : real(fd);
}

VISIBLE int fsync(int fd)
{
    REAL(fsync);
    return fault(CALL_SYNC, NULL, fd, NULL) ? -1 : real(fd);
}

VISIBLE int rename(const char *from, const char *to)
{
    REAL(rename);
    return fault(CALL_RENAME, to, -1, NULL) ? -1 : real(from, to);
}

VISIBLE int statfs(const char *path, struct statfs *ret_status)
{
    struct rule *rule = rule_that_fires(CALL_STATFS, path, -1);
    REAL(statfs);

    if (real(rule ? "/" : path, ret_status) < 0)
        return -1;
    if (rule)
        ret_status->f_type = rule->number;
    return 0;
}

VISIBLE int statfs64(const char *path, struct statfs64 *ret_status)
{
    struct rule *rule = rule_that_fires(CALL_STATFS, path, -1);
    REAL(statfs64);

    if (real(rule ? "/" : path, ret_status) < 0)
        return -1;
    if (rule)
        ret_status->f_type = rule->number;
    return 0;
}

/* ---- the wall clock ---- */

#define NS_PER_S 1000000000LL

VISIBLE int clock_gettime(clockid_t clock, struct timespec *ret_time)
{
    int r = (int)syscall(SYS_clock_gettime, clock, ret_time);
    int64_t ns;

    if (r || !rules || !rules->clock_shift_ns ||
        (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE))
        return r;
    ns = (int64_t)ret_time->tv_sec * NS_PER_S + ret_time->tv_nsec + rules->clock_shift_ns;
    ret_time->tv_sec = (time_t)(ns / NS_PER_S);
    ret_time->tv_nsec = (long)(ns % NS_PER_S);
    return 0;
}

VISIBLE time_t time(time_t *ret_time)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (ret_time)
        *ret_time = now.tv_sec;
    return now.tv_sec;
}

VISIBLE int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *ret_time = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}
