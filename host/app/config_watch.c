#include "app/config_watch.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include "app/config_print.h"
#include "base/log.h"
#include "base/mem.h"

#define EVENT_BYTES (16 * KIB)
#define EVENTS \
    (IN_CREATE | IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_DELETE_SELF | \
        IN_MOVE_SELF | IN_ONLYDIR)

struct config_watch {
    struct config_watch_spec spec;
    struct loop_fd fd;
    struct loop_timer timer;
    uint64_t first_ns; /* sign that has not been told; 0: none */
    char **files;      /* base names of arguments that are files */
    size_t n_files, cap_files;
    bool all_json;   /* some argument is a folder */
    char **referred; /* by what is in the arguments' files */
    size_t n_referred;
    bool missing;   /* something could not be watched, since it is not there */
    int error;      /* why something that is there could not be; 0: it could */
    bool told;      /* of that */
    uint64_t print; /* while there is an error: what the files looked like */
};

/* Of an argument, of a folder's *.json, or of Kubernetes' way of exchanging them. */
static bool is_interesting(const struct config_watch *watch, const char *name)
{
    size_t size = strlen(name);

    if (!strncmp(name, "..", 2))
        return true;
    for (size_t i = 0; i < watch->n_files; i++)
        if (!strcmp(watch->files[i], name))
            return true;
    return watch->all_json && name[0] != '.' && size > 5 && !strcmp(name + size - 5, ".json");
}

static void note_change(struct config_watch *watch)
{
    uint64_t now_ns = loop_now_ns(watch->spec.loop);

    if (!watch->first_ns)
        watch->first_ns = now_ns;
    loop_set_timer(watch->spec.loop, &watch->timer,
        MIN(now_ns + CONFIG_WATCH_CALM_NS, watch->first_ns + CONFIG_WATCH_MAX_NS));
}

static bool dispatch(const struct config_watch *watch, const struct inotify_event *event)
{
    if (event->mask & (IN_Q_OVERFLOW | IN_DELETE_SELF | IN_MOVE_SELF))
        return true;
    return event->len && is_interesting(watch, event->name);
}

static void ready(struct loop_fd *fd, uint32_t epoll_events)
{
    struct config_watch *watch = container_of(fd, struct config_watch, fd);
    _Alignas(struct inotify_event) char events[EVENT_BYTES];
    ssize_t n = read(fd->fd, events, sizeof events);
    bool changed = false;

    (void)epoll_events;
    for (char *at = events; n > 0 && at < events + n;) {
        const struct inotify_event *event = (const struct inotify_event *)(void *)at;

        changed |= dispatch(watch, event);
        at += sizeof *event + event->len;
    }
    if (changed)
        note_change(watch);
}

static void timer_expired(struct loop_timer *timer)
{
    struct config_watch *watch = container_of(timer, struct config_watch, timer);

    if (!watch->first_ns) { /* something could not be watched */
        uint64_t print = watch->print;

        config_watch_arm(watch);
        if ((watch->missing || watch->error) && watch->print == print)
            return;
    }
    watch->first_ns = 0;
    watch->spec.changed(watch->spec.owner);
}

static void forget_files(struct config_watch *watch)
{
    for (size_t i = 0; i < watch->n_files; i++)
        free(watch->files[i]);
    watch->n_files = 0;
    watch->all_json = watch->missing = false;
    watch->error = 0;
}

static int open_inotify(struct config_watch *watch)
{
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (fd < 0) {
        watch->error = errno;
        return -1;
    }
    watch->fd = (struct loop_fd){.fd = fd, .ready = ready};
    return loop_add_fd(watch->spec.loop, &watch->fd, EPOLLIN);
}

static void close_inotify(struct config_watch *watch)
{
    if (watch->fd.fd < 0)
        return;
    loop_remove_fd(watch->spec.loop, &watch->fd);
    close(watch->fd.fd);
    watch->fd.fd = -1;
}

static void forget_referred(struct config_watch *watch)
{
    for (size_t i = 0; i < watch->n_referred; i++)
        free(watch->referred[i]);
    free((void *)watch->referred);
    watch->referred = NULL;
    watch->n_referred = 0;
}

struct config_watch *config_watch_create(const struct config_watch_spec *spec)
{
    struct config_watch *watch = mem_zalloc(sizeof *watch);

    watch->spec = *spec;
    watch->fd.fd = -1;
    watch->timer.expired = timer_expired;
    return watch;
}

void config_watch_destroy(struct config_watch *watch)
{
    if (!watch)
        return;
    loop_clear_timer(watch->spec.loop, &watch->timer);
    close_inotify(watch);
    forget_files(watch);
    forget_referred(watch);
    free((void *)watch->files);
    free(watch);
}

static void add_file(struct config_watch *watch, const char *path)
{
    const char *slash = strrchr(path, '/');

    MEM_GROW(watch->files, watch->n_files, watch->cap_files);
    watch->files[watch->n_files++] = mem_strdup(slash ? slash + 1 : path);
}

static void add_folder(struct config_watch *watch, const char *folder)
{
    if (inotify_add_watch(watch->fd.fd, folder, EVENTS) >= 0)
        return;
    if (errno == ENOENT || errno == ENOTDIR)
        watch->missing = true;
    else
        watch->error = errno;
}

static char *folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');

    if (!slash)
        return mem_strdup(".");
    return mem_strndup(path, slash == path ? 1 : (size_t)(slash - path));
}

/* Where a symbolic link leads to is watched, too. */
static void follow(struct config_watch *watch, const char *path)
{
    struct stat status;
    SCOPED_FREE char *target = NULL, *folder = NULL;

    if (lstat(path, &status) || !S_ISLNK(status.st_mode))
        return;
    target = realpath(path, NULL);
    if (!target)
        return;
    folder = folder_of(target);
    add_file(watch, target);
    add_folder(watch, folder);
}

static void follow_all(struct config_watch *watch, const char *folder)
{
    DIR *entries = opendir(folder);
    struct dirent *entry;

    if (!entries)
        return;
    while ((entry = readdir(entries))) {
        SCOPED_FREE char *path = mem_printf("%s/%s", folder, entry->d_name);

        if ((entry->d_type == DT_LNK || entry->d_type == DT_UNKNOWN) &&
            is_interesting(watch, entry->d_name) && strncmp(entry->d_name, "..", 2) != 0)
            follow(watch, path);
    }
    closedir(entries);
}

static void add_one_file(struct config_watch *watch, const char *path)
{
    SCOPED_FREE char *folder = folder_of(path);

    add_file(watch, path);
    add_folder(watch, folder);
    follow(watch, path);
}

static void add_argument(struct config_watch *watch, const char *path)
{
    struct stat status;

    if (stat(path, &status) || !S_ISDIR(status.st_mode)) {
        add_one_file(watch, path);
        return;
    }
    watch->all_json = true;
    add_folder(watch, path);
    follow_all(watch, path);
}

static void add_all(struct config_watch *watch)
{
    if (open_inotify(watch))
        return;
    for (size_t i = 0; i < watch->spec.n_paths; i++)
        add_argument(watch, watch->spec.paths[i]);
    for (size_t i = 0; i < watch->n_referred; i++)
        add_one_file(watch, watch->referred[i]);
}

/* Once, until it can be watched again. */
static void tell_of_error(struct config_watch *watch)
{
    if (watch->error && !watch->told)
        log_warn("configuration files cannot be watched; they are looked at every 5 s",
            LOG_STR("error", strerror(watch->error)));
    watch->told = watch->error;
}

/* What cannot be watched is tried again, and looked at meanwhile. */
static void plan_look(struct config_watch *watch)
{
    tell_of_error(watch);
    watch->print = 0;
    if (watch->error)
        watch->print = config_print(
            watch->spec.paths, watch->spec.n_paths, watch->referred, watch->n_referred);
    if (watch->error || watch->missing)
        loop_set_timer(
            watch->spec.loop, &watch->timer, loop_now_ns(watch->spec.loop) + CONFIG_WATCH_RETRY_NS);
}

void config_watch_arm(struct config_watch *watch)
{
    close_inotify(watch);
    forget_files(watch);
    watch->first_ns = 0;
    loop_clear_timer(watch->spec.loop, &watch->timer);
    add_all(watch);
    plan_look(watch);
}

static bool are_referred(const struct config_watch *watch, char *const *files, size_t n_files)
{
    if (watch->n_referred != n_files)
        return false;
    for (size_t i = 0; i < n_files; i++)
        if (strcmp(watch->referred[i], files[i]) != 0)
            return false;
    return true;
}

void config_watch_refer(struct config_watch *watch, char *const *files, size_t n_files)
{
    if (are_referred(watch, files, n_files))
        return;
    forget_referred(watch);
    watch->referred = mem_calloc(n_files, sizeof(char *));
    watch->n_referred = n_files;
    for (size_t i = 0; i < n_files; i++)
        watch->referred[i] = mem_strdup(files[i]);
    config_watch_arm(watch);
    note_change(watch);
}
