#include "input/watcher.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include "base/map.h"
#include "base/mem.h"

#define EVENT_BYTES (64 * KIB)
#define READS_PER_LOOK 8
#define NAMES_MASK (IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE)
#define SELF_MASK (IN_DELETE_SELF | IN_MOVE_SELF)

struct watched_folder {
    struct map_item by_wd;
    int wd;
    struct list watches;
};

struct watcher {
    struct loop *loop;
    struct loop_fd fd;
    struct loop_timer pause; /* set: the descriptor is not looked at until it expires */
    struct map folders;      /* by wd */
    char *events;
    /* The half of a renaming that was read last, cookie 0: none. */
    struct {
        uint32_t cookie;
        int wd;
        char name[NAME_MAX + 1];
    } from;
};

static struct watched_folder *find_folder(struct watcher *watcher, int wd)
{
    struct map_item *item = map_first(&watcher->folders, (uint64_t)wd);

    return item ? container_of(item, struct watched_folder, by_wd) : NULL;
}

/* Its watches are no longer live. */
static void drop_folder(struct watcher *watcher, struct watched_folder *folder)
{
    struct watch *watch;

    LIST_EACH (watch, &folder->watches, link) {
        list_remove(&watch->link);
        watch->folder = NULL;
    }
    map_remove(&watcher->folders, &folder->by_wd);
    free(folder);
}

static void tell_folder(struct watched_folder *folder)
{
    struct watch *watch;

    LIST_EACH (watch, &folder->watches, link) {
        watch->rescan(watch);
    }
}

static void tell_all(struct watcher *watcher)
{
    for (size_t i = 0; i < watcher->folders.n_slots; i++)
        for (struct map_item *item = watcher->folders.slots[i]; item; item = item->next)
            tell_folder(container_of(item, struct watched_folder, by_wd));
}

/* The kernel tells of a renaming in two events, one behind the other. */
static void note_rename(
    struct watcher *watcher, struct watched_folder *folder, const struct inotify_event *event)
{
    bool second = event->mask & IN_MOVED_TO && event->cookie == watcher->from.cookie &&
                  event->wd == watcher->from.wd;
    struct watch *watch;

    if (second)
        LIST_EACH (watch, &folder->watches, link) {
            if (watch->renamed)
                watch->renamed(watch, watcher->from.name, event->name);
        }
    watcher->from.cookie = 0;
    if (event->mask & IN_MOVED_FROM) {
        watcher->from.cookie = event->cookie;
        watcher->from.wd = event->wd;
        snprintf(watcher->from.name, sizeof watcher->from.name, "%s", event->name);
    }
}

static void dispatch(struct watcher *watcher, const struct inotify_event *event)
{
    struct watched_folder *folder;
    struct watch *watch;

    if (event->mask & IN_Q_OVERFLOW) {
        tell_all(watcher);
        return;
    }
    folder = find_folder(watcher, event->wd);
    if (!folder)
        return;
    if (event->mask & (IN_MOVED_FROM | IN_MOVED_TO) && event->len)
        note_rename(watcher, folder, event);
    if (event->mask & (NAMES_MASK | SELF_MASK | IN_IGNORED | IN_UNMOUNT))
        tell_folder(folder);
    else if (event->mask & IN_MODIFY && event->len)
        LIST_EACH (watch, &folder->watches, link) {
            watch->written(watch, event->name);
        }
    if (event->mask & IN_MOVE_SELF)
        inotify_rm_watch(watcher->fd.fd, event->wd);
    if (event->mask & (SELF_MASK | IN_IGNORED))
        drop_folder(watcher, folder);
}

/* False when no more is there. */
static bool drain(struct watcher *watcher)
{
    ssize_t n = read(watcher->fd.fd, watcher->events, EVENT_BYTES);

    for (char *at = watcher->events; n > 0 && at < watcher->events + n;) {
        const struct inotify_event *event = (const struct inotify_event *)(void *)at;

        dispatch(watcher, event);
        at += sizeof *event + event->len;
    }
    return n > 0;
}

static void ready(struct loop_fd *fd, uint32_t epoll_events)
{
    struct watcher *watcher = container_of(fd, struct watcher, fd);

    (void)epoll_events;
    for (int i = 0; i < READS_PER_LOOK && drain(watcher); i++)
        ;
    loop_remove_fd(watcher->loop, fd);
    loop_set_timer(watcher->loop, &watcher->pause, loop_now_ns(watcher->loop) + WATCHER_PAUSE_NS);
}

static void pause_is_over(struct loop_timer *timer)
{
    struct watcher *watcher = container_of(timer, struct watcher, pause);

    loop_add_fd(watcher->loop, &watcher->fd, EPOLLIN);
}

struct watcher *watcher_create(struct loop *loop)
{
    struct watcher *watcher;
    int fd = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);

    if (fd < 0)
        return NULL;
    watcher = mem_zalloc(sizeof *watcher);
    watcher->loop = loop;
    watcher->fd = (struct loop_fd){.fd = fd, .ready = ready};
    watcher->pause.expired = pause_is_over;
    watcher->events = mem_zalloc(EVENT_BYTES);
    loop_add_fd(loop, &watcher->fd, EPOLLIN);
    return watcher;
}

void watcher_destroy(struct watcher *watcher)
{
    if (!watcher)
        return;
    loop_clear_timer(watcher->loop, &watcher->pause);
    loop_remove_fd(watcher->loop, &watcher->fd);
    close(watcher->fd.fd);
    map_finish(&watcher->folders);
    free(watcher->events);
    free(watcher);
}

int watcher_add(struct watcher *watcher, struct watch *watch, const char *path)
{
    int wd =
        inotify_add_watch(watcher->fd.fd, path, IN_MODIFY | NAMES_MASK | SELF_MASK | IN_ONLYDIR);
    struct watched_folder *folder;

    if (wd < 0)
        return -errno;
    folder = find_folder(watcher, wd);
    if (!folder) {
        folder = mem_zalloc(sizeof *folder);
        folder->wd = wd;
        list_init(&folder->watches);
        map_put(&watcher->folders, &folder->by_wd, (uint64_t)wd);
    }
    watch->folder = folder;
    list_append(&folder->watches, &watch->link);
    return 0;
}

bool watcher_is_behind(const struct watcher *watcher)
{
    int n_bytes;

    return !ioctl(watcher->fd.fd, FIONREAD, &n_bytes) && n_bytes > 0;
}

void watcher_remove(struct watcher *watcher, struct watch *watch)
{
    struct watched_folder *folder = watch->folder;

    if (!folder)
        return;
    list_remove(&watch->link);
    watch->folder = NULL;
    if (list_empty(&folder->watches)) {
        inotify_rm_watch(watcher->fd.fd, folder->wd);
        drop_folder(watcher, folder);
    }
}
