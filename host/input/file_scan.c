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

uint64_t file_hash_path(const char *text)
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

struct tail *file_find_path(const struct file_input *self, const char *path)
{
    struct tail *tail;

    MAP_EACH_OF(tail, &self->by_path, file_hash_path(path), by_path)
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
    map_put(&self->by_path, &tail->by_path, file_hash_path(path));
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
    tail_set_wanted(tail);
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

static void visit_folder(struct glob_visitor *visitor, const char *path)
{
    file_see_folder(container_of(visitor, struct file_input, visitor), path);
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

uint64_t file_quiet_ns(const struct file_input *self, const struct tail *tail)
{
    uint64_t now_ns = loop_now_ns(context_of(self)->loop);

    return now_ns > tail->grew_ns ? now_ns - tail->grew_ns : 0;
}

/* Nothing has come for long: what is held is delivered, once its end is seen again. */
static void flush_if_quiet(struct file_input *self, struct tail *tail)
{
    if (!tail_has_rest(tail) ||
        file_quiet_ns(self, tail) < self->options->flush_timeout_secs * NS_PER_S)
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
            file_handle_gone(self, tail);
        else
            flush_if_quiet(self, tail);
    }
    LIST_EACH (folder, &self->all_folders, all) {
        if (folder->seen != self->scan && !self->visitor.incomplete)
            file_drop_folder(self, folder);
    }
}

/* Nothing waits for the clock: watches see all that happens in all folders, every file is
 * on its path, not behind a link, and nothing of it is held. */
static bool is_quiet(const struct file_input *self)
{
    const struct file_folder *folder;
    const struct tail *tail;

    if (self->scan_stirred || list_empty(&self->all_folders) || !list_empty(&self->left) ||
        self->find_moved_again)
        return false;
    LIST_EACH (folder, &self->all_folders, all) {
        if (!watch_is_live(&folder->watch) || folder->by_link || folder->remote)
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
    file_take_up_left(self);
    if (self->find_moved_again)
        file_find_moved(self);
    look_at_all(self);
    plan_next(self, self->scanned_ns - start_ns);
}

void file_scan_finish(struct file_input *self)
{
    struct file_folder *folder;

    file_forget_renamed(self);
    LIST_EACH (folder, &self->all_folders, all) {
        file_drop_folder(self, folder);
    }
    map_finish(&self->folders);
}
