/* System calls in place of the C library's: a plugin finds these first. */

/* open and open64 are two functions here, and none is an inline one. */
#undef _FILE_OFFSET_BITS
#undef _FORTIFY_SOURCE

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>
#include "base/util.h"
#include "kit/calls.h"
#include "kit/calls_private.h"
#include "kit/heap.h"

#define SHORT_BYTES 7u
#define SLOW_S 1u
#define MANY 1

#define EXPORTED __attribute__((visibility("default"), used))
#define CALLER __builtin_return_address(0)

/* Calls the C library's function of the same name. */
#define NEXT(TYPE, NAME) \
    static TYPE *next; \
    if (!next) \
    *(void **)&next = dlsym(RTLD_NEXT, #NAME)

/* A call that changes a file: whether it fails, with errno set. */
static bool file_fails(void)
{
    const int error = atomic_load(&calls.file_error);
    uint_fast64_t left;

    if (!heap_inside())
        return false;
    atomic_fetch_add(&calls.n_files, 1);
    if (!error)
        return false;
    left = atomic_load(&calls.fail_in);
    while (left > 1 && !atomic_compare_exchange_weak(&calls.fail_in, &left, left - 1))
        ;
    if (left > 1)
        return false;
    if (atomic_load(&calls.fail_once))
        atomic_store(&calls.file_error, 0);
    errno = error;
    return true;
}

static bool is_file(int fd)
{
    struct stat status;

    return heap_inside() && !fstat(fd, &status) && S_ISREG(status.st_mode);
}

/* Whether the system itself may move less than it was asked for: messages, and what threads
 * tell each other by pipes and eventfds, come whole. */
static bool may_be_short(int fd)
{
    struct stat status;
    int domain = 0, type = 0;
    socklen_t size = sizeof domain;

    if (fstat(fd, &status))
        return false;
    if (!S_ISSOCK(status.st_mode))
        return S_ISREG(status.st_mode);
    return !getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &size) &&
           !getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) && type == SOCK_STREAM &&
           (domain == AF_INET || domain == AF_INET6);
}

/* How many of `size` bytes may be moved. */
static size_t shortened(int fd, size_t size)
{
    if (size <= SHORT_BYTES || !atomic_load(&calls.be_short) || !heap_inside() || !may_be_short(fd))
        return size;
    atomic_fetch_add(&calls.n_shortened, 1);
    return SHORT_BYTES;
}

/* Whether a call is interrupted; with errno set. */
static bool interrupted(int fd)
{
    if (!atomic_load(&calls.interrupt) || !heap_inside() || !may_be_short(fd) ||
        atomic_fetch_add(&calls.n_moves, 1) % 2)
        return false;
    errno = EINTR;
    return true;
}

static int made(int fd, const void *caller)
{
    if (fd >= 0 && fd < CALLS_FDS_MAX)
        atomic_store(&calls.by_plugin[fd], heap_inside() && heap_is_plugin(caller));
    return fd;
}

EXPORTED ssize_t write(int fd, const void *data, size_t size)
{
    NEXT(__typeof__(write), write);
    return interrupted(fd) || (is_file(fd) && file_fails()) ? -1
                                                            : next(fd, data, shortened(fd, size));
}

EXPORTED ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{
    NEXT(__typeof__(pwrite), pwrite);
    return interrupted(fd) || (is_file(fd) && file_fails())
               ? -1
               : next(fd, data, shortened(fd, size), at);
}

EXPORTED ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{
    NEXT(__typeof__(pwrite64), pwrite64);
    return interrupted(fd) || (is_file(fd) && file_fails())
               ? -1
               : next(fd, data, shortened(fd, size), at);
}

/* The first part of a vector, as a call that moves few bytes. */
EXPORTED ssize_t writev(int fd, const struct iovec *parts, int n)
{
    NEXT(__typeof__(writev), writev);
    if (interrupted(fd) || (is_file(fd) && file_fails()))
        return -1;
    if (n > 0 && parts[0].iov_len > SHORT_BYTES && shortened(fd, parts[0].iov_len) == SHORT_BYTES) {
        const struct iovec part = {parts[0].iov_base, SHORT_BYTES};

        return next(fd, &part, 1);
    }
    return next(fd, parts, n);
}

EXPORTED ssize_t read(int fd, void *data, size_t size)
{
    NEXT(__typeof__(read), read);
    return interrupted(fd) ? -1 : next(fd, data, shortened(fd, size));
}

EXPORTED ssize_t send(int fd, const void *data, size_t size, int flags)
{
    NEXT(__typeof__(send), send);
    return interrupted(fd) ? -1 : next(fd, data, shortened(fd, size), flags);
}

EXPORTED ssize_t recv(int fd, void *data, size_t size, int flags)
{
    NEXT(__typeof__(recv), recv);
    return interrupted(fd) ? -1 : next(fd, data, shortened(fd, size), flags);
}

EXPORTED int fsync(int fd)
{
    NEXT(__typeof__(fsync), fsync);
    return is_file(fd) && file_fails() ? -1 : next(fd);
}

EXPORTED int fdatasync(int fd)
{
    NEXT(__typeof__(fdatasync), fdatasync);
    return is_file(fd) && file_fails() ? -1 : next(fd);
}

EXPORTED int rename(const char *from, const char *to)
{
    NEXT(__typeof__(rename), rename);
    return file_fails() ? -1 : next(from, to);
}

/* -- descriptors -- */

EXPORTED int socket(int domain, int type, int protocol)
{
    NEXT(__typeof__(socket), socket);
    return made(next(domain, type, protocol), CALLER);
}

/* The mode is there only when a file may be made. */
#define OPEN_MODE(FLAGS, MODE) \
    do { \
        if ((FLAGS) & (O_CREAT | O_TMPFILE)) { \
            va_list arguments; \
            va_start(arguments, FLAGS); \
            (MODE) = va_arg(arguments, mode_t); \
            va_end(arguments); \
        } \
    } while (0)

/* Code that C++ calls files by is as good as the plugin's own. */
static bool is_own(const void *caller)
{
    Dl_info info;

    return heap_is_plugin(caller) ||
           (dladdr(caller, &info) && info.dli_fname &&
               (strstr(info.dli_fname, "libstdc++.so") || strstr(info.dli_fname, "libc++.so")));
}

static void note_written(const char *path)
{
    unsigned i = atomic_load(&calls.n_written);

    for (unsigned j = 0; j < MIN(i, CALLS_WRITTEN_MAX); j++)
        if (atomic_load(&calls.written[j].known) && !strcmp(calls.written[j].path, path))
            return;
    i = atomic_fetch_add(&calls.n_written, 1);
    if (i >= CALLS_WRITTEN_MAX)
        return;
    snprintf(calls.written[i].path, sizeof calls.written[i].path, "%s", path);
    atomic_store(&calls.written[i].known, true);
}

/* A descriptor that may be written to: if it is a file, and the plugin's, it is noted. */
static void look_at_written(int fd, const void *caller)
{
    const int error = errno;
    char path[32], target[CALLS_PATH_MAX];
    ssize_t size;

    if (fd < 0 || !is_file(fd) || !is_own(caller))
        return;
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    size = readlink(path, target, sizeof target - 1);
    target[MAX(size, 0)] = '\0';
    if (target[0] == '/' && strncmp(target, "/memfd:", 7) != 0 && strncmp(target, "/dev/", 5) != 0)
        note_written(target);
    errno = error;
}

static int opened(int fd, int flags, const void *caller)
{
    if ((flags & O_ACCMODE) != O_RDONLY)
        look_at_written(fd, caller);
    return made(fd, caller);
}

EXPORTED int open(const char *path, int flags, ...)
{
    NEXT(__typeof__(open), open);
    mode_t mode = 0;

    OPEN_MODE(flags, mode); /* NOLINT(clang-analyzer-valist*): it is started */
    return opened(next(path, flags, mode), flags, CALLER);
}

EXPORTED int open64(const char *path, int flags, ...)
{
    NEXT(__typeof__(open64), open64);
    mode_t mode = 0;

    OPEN_MODE(flags, mode); /* NOLINT(clang-analyzer-valist*): it is started */
    return opened(next(path, flags, mode), flags, CALLER);
}

EXPORTED int openat(int folder, const char *path, int flags, ...)
{
    NEXT(__typeof__(openat), openat);
    mode_t mode = 0;

    OPEN_MODE(flags, mode); /* NOLINT(clang-analyzer-valist*): it is started */
    return opened(next(folder, path, flags, mode), flags, CALLER);
}

EXPORTED int creat(const char *path, mode_t mode)
{
    NEXT(__typeof__(creat), creat);
    return opened(next(path, mode), O_WRONLY, CALLER);
}

EXPORTED int creat64(const char *path, mode_t mode)
{
    NEXT(__typeof__(creat64), creat64);
    return opened(next(path, mode), O_WRONLY, CALLER);
}

EXPORTED int mkstemp(char *path)
{
    NEXT(__typeof__(mkstemp), mkstemp);
    return opened(next(path), O_RDWR, CALLER);
}

EXPORTED int mkstemp64(char *path)
{
    NEXT(__typeof__(mkstemp64), mkstemp64);
    return opened(next(path), O_RDWR, CALLER);
}

EXPORTED int mkostemp(char *path, int flags)
{
    NEXT(__typeof__(mkostemp), mkostemp);
    return opened(next(path, flags), O_RDWR, CALLER);
}

EXPORTED int mkostemp64(char *path, int flags)
{
    NEXT(__typeof__(mkostemp64), mkostemp64);
    return opened(next(path, flags), O_RDWR, CALLER);
}

static FILE *opened_stream(FILE *stream, const char *mode, const void *caller)
{
    if (stream && (mode[0] != 'r' || strchr(mode, '+')))
        look_at_written(fileno(stream), caller);
    return stream;
}

EXPORTED FILE *fopen(const char *path, const char *mode)
{
    NEXT(__typeof__(fopen), fopen);
    return opened_stream(next(path, mode), mode, CALLER);
}

EXPORTED FILE *fopen64(const char *path, const char *mode)
{
    NEXT(__typeof__(fopen64), fopen64);
    return opened_stream(next(path, mode), mode, CALLER);
}

EXPORTED int pipe(int ends[2])
{
    NEXT(__typeof__(pipe), pipe);
    const int r = next(ends);

    if (!r) {
        made(ends[0], CALLER);
        made(ends[1], CALLER);
    }
    return r;
}

EXPORTED int dup(int fd)
{
    NEXT(__typeof__(dup), dup);
    return made(next(fd), CALLER);
}

EXPORTED int eventfd(unsigned value, int flags)
{
    NEXT(__typeof__(eventfd), eventfd);
    return made(next(value, flags), CALLER);
}

/* -- the network -- */

static void look_at_address(const struct sockaddr *address)
{
    if (address && heap_inside() &&
        (address->sa_family == AF_INET || address->sa_family == AF_INET6))
        atomic_fetch_add(&calls.n_networked, 1);
}

EXPORTED int connect(int fd, const struct sockaddr *address, socklen_t size)
{
    NEXT(__typeof__(connect), connect);
    look_at_address(address);
    return next(fd, address, size);
}

EXPORTED int bind(int fd, const struct sockaddr *address, socklen_t size)
{
    NEXT(__typeof__(bind), bind);
    look_at_address(address);
    return next(fd, address, size);
}

EXPORTED ssize_t sendto(int fd, const void *data, size_t size, int flags,
    const struct sockaddr *address, socklen_t address_size)
{
    NEXT(__typeof__(sendto), sendto);
    look_at_address(address);
    return next(fd, data, size, flags, address, address_size);
}

/* -- clocks -- */

static int64_t jump_of(clockid_t clock)
{
    const bool jumps = clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE;

    return jumps && heap_inside() ? atomic_load(&calls.jumped_ns) : 0;
}

EXPORTED int clock_gettime(clockid_t clock, struct timespec *ret)
{
    NEXT(__typeof__(clock_gettime), clock_gettime);
    const int r = next(clock, ret);

    if (!r)
        ret->tv_sec += jump_of(clock) / (int64_t)NS_PER_S;
    return r;
}

EXPORTED time_t time(time_t *ret)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    if (ret)
        *ret = now.tv_sec;
    return now.tv_sec;
}

EXPORTED int gettimeofday(struct timeval *restrict ret, void *restrict zone)
{
    struct timespec now;

    (void)zone;
    clock_gettime(CLOCK_REALTIME, &now);
    *ret = (struct timeval){now.tv_sec, now.tv_nsec / 1000};
    return 0;
}

/* -- mappings -- */

static void *mapped(void *memory, const void *caller)
{
    if (memory != MAP_FAILED && heap_inside() && is_own(caller))
        atomic_fetch_add(&calls.n_mapped, 1);
    return memory;
}

EXPORTED void *mmap(void *at, size_t size, int protection, int flags, int fd, off_t offset)
{
    NEXT(__typeof__(mmap), mmap);
    return mapped(next(at, size, protection, flags, fd, offset), CALLER);
}

EXPORTED void *mmap64(void *at, size_t size, int protection, int flags, int fd, off64_t offset)
{
    NEXT(__typeof__(mmap64), mmap64);
    return mapped(next(at, size, protection, flags, fd, offset), CALLER);
}

EXPORTED int munmap(void *memory, size_t size)
{
    NEXT(__typeof__(munmap), munmap);
    if (heap_inside() && is_own(CALLER))
        atomic_fetch_sub(&calls.n_mapped, 1);
    return next(memory, size);
}

/* -- the end of the process -- */

int __cxa_atexit(void (*run)(void *argument), void *argument, void *object);

/* What atexit() comes to, and each static object of C++ with a destructor: that has an
 * argument. */
EXPORTED int __cxa_atexit(void (*run)(void *argument), void *argument, void *object)
{
    NEXT(__typeof__(__cxa_atexit), __cxa_atexit);
    if (!argument && heap_inside() && heap_is_plugin(CALLER))
        atomic_fetch_add(&calls.n_at_exit, 1);
    return next(run, argument, object);
}

/* -- threads and names -- */

EXPORTED int pthread_create(pthread_t *thread, const pthread_attr_t *attributes,
    void *(*run)(void *argument), void *argument)
{
    NEXT(__typeof__(pthread_create), pthread_create);
    if (heap_inside() && atomic_load(&calls.no_threads)) {
        atomic_fetch_add(&calls.n_refused_threads, 1);
        return EAGAIN;
    }
    return next(thread, attributes, run, argument);
}

typedef int resolver(
    const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret);

/* An address of this machine where nothing listens, and then the one where it does. */
static int resolve_many(
    resolver *next, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    struct addrinfo *first = NULL, **last = &first;

    for (int i = 0; i <= MANY; i++) {
        char name[32];
        int r;

        snprintf(name, sizeof name, "127.0.0.%d", i == MANY ? 1 : 101 + i);
        r = next(name, service, hints, last);
        if (r)
            return r;
        while (*last)
            last = &(*last)->ai_next;
    }
    *ret = first;
    return 0;
}

EXPORTED int getaddrinfo(
    const char *name, const char *service, const struct addrinfo *hints, struct addrinfo **ret)
{
    NEXT(resolver, getaddrinfo);
    const int names = atomic_load(&calls.names);

    if (names == CALLS_NAMES_REAL || !name)
        return next(name, service, hints, ret);
    atomic_fetch_add(&calls.n_resolved, 1);
    switch (names) {
    case CALLS_NAMES_UNKNOWN:
        return EAI_NONAME;
    case CALLS_NAMES_AGAIN:
        return EAI_AGAIN;
    case CALLS_NAMES_MANY:
        return resolve_many(next, service, hints, ret);
    case CALLS_NAMES_SLOW:
        sleep(SLOW_S);
        break;
    default:
        break;
    }
    return next("127.0.0.1", service, hints, ret);
}
