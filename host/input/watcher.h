/*
 * The loop's shared inotify table: one descriptor, one kernel watch per folder however
 * many want it. It wakes, it never knows: what has happened is found out by looking.
 * Events may be late (up to WATCHER_PAUSE_NS), doubled, or lost; whoever needs
 * certainty also looks by the clock. Belongs to its loop.
 */
#ifndef INPUT_WATCHER_H
#define INPUT_WATCHER_H

#include "base/list.h"
#include "base/loop.h"

/* Least time between two looks at the events, so that a writer of many small
 * pieces costs few turns; the first event after quiet is seen at once. */
#define WATCHER_PAUSE_NS 10000000ULL

struct watcher;

/* One's interest in one folder; memory is the caller's, zeroed but for the calls. */
struct watch {
    /* A file of that name in the folder was written to. */
    void (*written)(struct watch *self, const char *name);
    /* A file of the folder has another name in it now; rescan follows. May be NULL. */
    void (*renamed)(struct watch *self, const char *from, const char *to);
    /* Names came or went, or events were lost: look at everything. */
    void (*rescan)(struct watch *self);
    /* Private. */
    struct watched_folder *folder;
    struct list link;
};

/* NULL with errno when the system gives no inotify descriptor. */
struct watcher *watcher_create(struct loop *loop);
/* No watch may be left. NULL is fine. */
void watcher_destroy(struct watcher *watcher);

/* 0 or -errno (ENOSPC: no watches left in the system). Not from inside a call. */
int watcher_add(struct watcher *watcher, struct watch *watch, const char *folder);
void watcher_remove(struct watcher *watcher, struct watch *watch);
/* Whether something has happened that has not been told yet. */
bool watcher_is_behind(const struct watcher *watcher);
/* False when the folder has gone, moved, or was never added: add it again. */
static inline bool watch_is_live(const struct watch *watch)
{
    return watch->folder != NULL;
}

#endif
