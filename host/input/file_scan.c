#include <errno.h>
#include <string.h>
#include <xxhash.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "input/input_file.h"

static const struct input_context *context_of(const struct file_input *self)
{
    return self->input.context;
}

static uint64_t hash_text(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}

static uint64_t hash_inode(uint64_t device, uint64_t inode)
{
    uint64_t both[2] = {device, inode};

    return XXH3_64bits(both, sizeof both);
}

struct tail *file_find_inode(const struct file_input *self, uint64_t device, uint64_t inode)
{
    struct tail *tail;

    MAP_EACH_OF(tail, &self->by_inode, hash_inode(device, inode), by_inode)
    {
        if (tail->device == device && tail->inode == inode)
            return tail;
    }
    return NULL;
}

static struct tail *find_path(const struct file_input *self, const char *path)
{
    struct tail *tail;

    MAP_EACH_OF(tail, &self->by_path, hash_text(path), by_path)
    {
        if (!strcmp(tail->path, path))
            return tail;
    }
    return NULL;
}

struct tail *file_add(struct file_input *self, const char *path, const struct stat *status)
{
    struct tail *tail = tail_create(&self->setup, path, status);

    list_append(&self->tails, &tail->all);
    map_put(&self->by_inode, &tail->by_inode, hash_inode(tail->device, tail->inode));
    return tail;
}

void file_drop(struct file_input *self, struct tail *tail)
{
    list_remove(&tail->all);
    list_remove(&tail->work);
    list_remove(&tail->idle);
    map_remove(&self->by_inode, &tail->by_inode);
    if (!tail->gone)
        map_remove(&self->by_path, &tail->by_path);
    file_close(self, tail);
    tail_destroy(tail);
}

static bool is_link(const char *path)
{
    struct stat status;

    return !lstat(path, &status) && S_ISLNK(status.st_mode);
}

/* The path leads to this file now. */
static void set_path(struct file_input *self, struct tail *tail, const char *path, bool is_new)
{
    if (!is_new && !tail->gone) {
        if (!strcmp(tail->path, path))
            return;
        map_remove(&self->by_path, &tail->by_path);
    }
    tail_rename(tail, path);
    tail->by_link = is_link(path);
    tail->gone = tail->closed = false;
    map_put(&self->by_path, &tail->by_path, hash_text(path));
}

static void visit_file(struct glob_visitor *visitor, const char *path, const struct stat *status)
{
    struct file_input *self = container_of(visitor, struct file_input, visitor);
    struct tail *tail = file_find_inode(self, status->st_dev, status->st_ino);
    bool is_new = !tail;

    if (file_is_unwanted(self, path))
        return;
    if (is_new) {
        tail = file_add(self, path, status);
        self->n_matched++;
    }
    if (tail->seen != self->scan) /* a second name of the same file changes nothing */
        set_path(self, tail, path, is_new);
    tail->seen = self->scan;
    if (tail_look(tail, status)) {
        self->scan_stirred = true;
        file_wake(self, tail);
    }
}

static bool enter_folder(struct glob_visitor *visitor, const char *path)
{
    return !file_is_unwanted_folder(container_of(visitor, struct file_input, visitor), path);
}

static void tell_failed(struct glob_visitor *visitor, const char *path, int error)
{
    struct file_input *self = container_of(visitor, struct file_input, visitor);
    uint64_t suppressed;

    if (log_limit_pass(&self->no_folder, loop_now_ns(context_of(self)->loop), &suppressed))
        log_warn("folder cannot be looked into; files in it are not seen",
            LOG_STR("pipeline", context_of(self)->pipeline), LOG_STR("path", path),
            LOG_STR("error", strerror(error)));
}

static void file_written(struct watch *watch, const char *name)
{
    struct file_folder *folder = container_of(watch, struct file_folder, watch);
    SCOPED_FREE char *path =
        mem_printf("%s/%s", strcmp(folder->path, "/") ? folder->path : "", name);
    struct tail *tail = find_path(folder->owner, path);

    if (tail)
        file_wake(folder->owner, tail);
}

static void file_renamed(struct watch *watch, const char *from, const char *to)
{
    struct file_folder *folder = container_of(watch, struct file_folder, watch);
    const char *path = strcmp(folder->path, "/") ? folder->path : "";
    SCOPED_FREE char *from_path = mem_printf("%s/%s", path, from);
    SCOPED_FREE char *to_path = mem_printf("%s/%s", path, to);

    file_note_renamed(folder->owner, from_path, to_path);
}

static void names_changed(struct watch *watch)
{
    struct file_input *self = container_of(watch, struct file_folder, watch)->owner;
    struct loop *loop = context_of(self)->loop;
    uint64_t at_ns = MAX(loop_now_ns(loop), self->scanned_ns + FILE_SCAN_PAUSE_NS);

    if (at_ns >= self->next_scan_ns)
        return;
    self->next_scan_ns = at_ns;
    loop_set_timer(loop, &self->scan_timer, at_ns);
}

static struct file_folder *find_folder(const struct file_input *self, const char *path)
{
    struct file_folder *folder;

    MAP_EACH_OF(folder, &self->folders, hash_text(path), by_path)
    {
        if (!strcmp(folder->path, path))
            return folder;
    }
    return NULL;
}

static struct file_folder *add_folder(struct file_input *self, const char *path)
{
    struct file_folder *folder = mem_zalloc(sizeof *folder);

    folder->owner = self;
    folder->path = mem_strdup(path);
    folder->watch.written = file_written;
    folder->watch.renamed = file_renamed;
    folder->watch.rescan = names_changed;
    map_put(&self->folders, &folder->by_path, hash_text(path));
    list_append(&self->all_folders, &folder->all);
    return folder;
}

static void drop_folder(struct file_input *self, struct file_folder *folder)
{
    if (context_of(self)->watcher)
        watcher_remove(context_of(self)->watcher, &folder->watch);
    map_remove(&self->folders, &folder->by_path);
    list_remove(&folder->all);
    free(folder->path);
    free(folder);
}

/* What the path leads to, and whether through a symbolic link. */
static void look_at_folder(struct file_folder *folder)
{
    SCOPED_FREE char *real = realpath(folder->path, NULL);
    struct stat status;

    folder->by_link = real && strcmp(real, folder->path) != 0;
    if (!stat(folder->path, &status)) {
        folder->device = status.st_dev;
        folder->inode = status.st_ino;
    }
}

/* A link may lead elsewhere now; the watch stays where it was. */
static bool leads_elsewhere(const struct file_folder *folder)
{
    struct stat status;

    return folder->by_link && !stat(folder->path, &status) &&
           (status.st_dev != folder->device || status.st_ino != folder->inode);
}

/* Without a watch, changes are found by the clock alone. */
static void watch_folder(struct file_input *self, struct file_folder *folder)
{
    int r;

    look_at_folder(folder);
    r = watcher_add(context_of(self)->watcher, &folder->watch, folder->path);
    if (r && r != -ENOENT && r != -ENOTDIR && r != folder->error)
        log_warn("folder cannot be watched; changes are seen later",
            LOG_STR("pipeline", context_of(self)->pipeline), LOG_STR("path", folder->path),
            LOG_STR("error", strerror(-r)));
    folder->error = r;
}

static void visit_folder(struct glob_visitor *visitor, const char *path)
{
    struct file_input *self = container_of(visitor, struct file_input, visitor);
    struct file_folder *folder;

    if (context_of(self)->once || !context_of(self)->watcher)
        return;
    folder = find_folder(self, path);
    if (!folder)
        folder = add_folder(self, path);
    if (folder->seen != self->scan && leads_elsewhere(folder))
        watcher_remove(context_of(self)->watcher, &folder->watch);
    if (folder->seen != self->scan && !watch_is_live(&folder->watch))
        watch_folder(self, folder);
    folder->seen = self->scan;
}

static uint64_t quiet_ns(const struct file_input *self, const struct tail *tail)
{
    uint64_t now_ns = loop_now_ns(context_of(self)->loop);

    return now_ns > tail->grew_ns ? now_ns - tail->grew_ns : 0;
}

/* Nothing leads to it and it cannot be opened: it is forgotten when all of it is secured.
 * If it was deleted, so is its checkpoint: no file can be this one again. */
static void bury(struct file_input *self, struct tail *tail)
{
    tail_push_rest(tail);
    if (tail->source && !ack_all_secured(&tail->source->ack))
        return;
    troubles_add(&self->setup.troubles, TROUBLE_LOST_BYTES, tail->path, tail_unread(tail));
    if (tail->deleted && tail->source && tail->source->checkpoint)
        checkpoint_forget(tail->source->checkpoint);
    file_drop(self, tail);
}

static void close_gone(struct file_input *self, struct tail *tail)
{
    tail->closed = true;
    if (tail->fd < 0)
        return;
    tail->deleted = tail_is_deleted(tail);
    tail_push_rest(tail);
    list_remove(&tail->idle);
    file_close(self, tail);
}

/* One that was deleted takes room on the disk until it is closed; who writes to one that
 * was renamed may come back late. */
static uint64_t keep_ns(const struct tail *tail)
{
    return tail->fd < 0 || tail_is_deleted(tail) ? FILE_GONE_KEEP_NS : FILE_RENAMED_KEEP_NS;
}

/* It is to be looked at by the clock: no watch sees it any more. */
static void mark_gone(struct file_input *self, struct tail *tail)
{
    tail->gone = true;
    tail->grew_ns = MAX(tail->grew_ns, loop_now_ns(context_of(self)->loop));
    map_remove(&self->by_path, &tail->by_path);
}

/* A file that no path leads to is read to its end, kept a while, and closed; it is
 * remembered until all of it is secured, in case its path comes back. One that was not
 * open is tried by the name it has been given, if that is known. */
static void handle_gone(struct file_input *self, struct tail *tail)
{
    uint64_t quiet;

    if (!tail->gone)
        mark_gone(self, tail);
    if (tail->closed) {
        bury(self, tail);
        return;
    }
    quiet = list_linked(&tail->work) ? 0 : quiet_ns(self, tail);
    if (quiet >= FILE_GONE_KEEP_NS)
        tail_push_rest(tail); /* no newline will come, most likely */
    if (quiet >= FILE_GONE_KEEP_NS && quiet >= keep_ns(tail))
        close_gone(self, tail);
    else
        file_wake(self, tail);
}

/* Nothing has come for long: what is held is delivered, once its end is seen again. */
static void flush_if_quiet(struct file_input *self, struct tail *tail)
{
    if (!tail_has_rest(tail) || quiet_ns(self, tail) < self->options->flush_timeout_secs * NS_PER_S)
        return;
    tail->flush_due = true;
    file_wake(self, tail);
}

static void look_at_all(struct file_input *self)
{
    struct tail *tail;
    struct file_folder *folder;

    LIST_EACH (tail, &self->tails, all) {
        if (tail->seen != self->scan && (tail->gone || !self->visitor.incomplete))
            handle_gone(self, tail);
        else
            flush_if_quiet(self, tail);
    }
    LIST_EACH (folder, &self->all_folders, all) {
        if (folder->seen != self->scan && !self->visitor.incomplete)
            drop_folder(self, folder);
    }
}

/* Nothing waits for the clock: watches see all folders, every file is on its path, not
 * behind a link, and nothing of it is held. */
static bool is_quiet(const struct file_input *self)
{
    const struct file_folder *folder;
    const struct tail *tail;

    if (self->scan_stirred || list_empty(&self->all_folders))
        return false;
    LIST_EACH (folder, &self->all_folders, all) {
        if (!watch_is_live(&folder->watch) || folder->by_link)
            return false;
    }
    LIST_EACH (tail, &self->tails, all) {
        if (tail->gone || tail->by_link || tail_has_rest(tail))
            return false;
    }
    return true;
}

static void plan_next(struct file_input *self, uint64_t took_ns)
{
    uint64_t least_ns = is_quiet(self) ? MIN(2 * self->scan_pause_ns, FILE_SCAN_QUIET_NS) : 0;

    least_ns = MAX(MAX(FILE_SCAN_NS, least_ns), took_ns * FILE_SCAN_SHARE);
    self->scan_pause_ns = MIN(least_ns, FILE_SCAN_MAX_NS);
    self->next_scan_ns = self->scanned_ns + self->scan_pause_ns;
    loop_set_timer(context_of(self)->loop, &self->scan_timer, self->next_scan_ns);
}

void file_scan(struct file_input *self)
{
    uint64_t start_ns = clock_now_ns();

    self->scan++;
    self->scan_stirred = false;
    self->visitor =
        (struct glob_visitor){.folder = visit_folder, .file = visit_file, .failed = tell_failed};
    if (self->unwanted_folders.count)
        self->visitor.enter = enter_folder;
    for (size_t i = 0; i < self->wanted.count; i++)
        glob_walk(self->wanted.items[i], self->max_depth, &self->visitor);
    self->scanned_ns = clock_now_ns();
    if (context_of(self)->once)
        return;
    file_take_up_renamed(self);
    look_at_all(self);
    plan_next(self, self->scanned_ns - start_ns);
}

void file_scan_finish(struct file_input *self)
{
    struct file_folder *folder;

    file_forget_renamed(self);
    LIST_EACH (folder, &self->all_folders, all) {
        drop_folder(self, folder);
    }
    map_finish(&self->folders);
}
