#include <string.h>
#include "base/mem.h"
#include "input/input_file.h"

static bool is_wanted(const struct file_input *self, const char *path)
{
    for (size_t i = 0; i < self->wanted.count; i++)
        if (glob_matches(self->wanted.items[i], self->max_depth, path))
            return !file_is_unwanted(self, path);
    return false;
}

static void set_path(struct file_input *self, struct renamed_file *file, const char *path)
{
    free(file->path);
    file->path = mem_strdup(path);
    file->changed_ns = loop_now_ns(self->input.context->loop);
}

static void forget(struct file_input *self, struct renamed_file *file)
{
    list_remove(&file->link);
    self->n_renamed--;
    free(file->name);
    free(file->path);
    free(file);
}

static struct renamed_file *find(const struct file_input *self, const char *path)
{
    struct renamed_file *file;

    LIST_EACH (file, &self->renamed, link) {
        if (!strcmp(file->path, path))
            return file;
    }
    return NULL;
}

static struct renamed_file *add(struct file_input *self, const char *name)
{
    struct renamed_file *oldest = list_first(&self->renamed, struct renamed_file, link), *file;

    if (oldest && self->n_renamed == FILE_NAMES_MAX)
        forget(self, oldest);
    file = mem_zalloc(sizeof *file);
    file->name = mem_strdup(name);
    list_append(&self->renamed, &file->link);
    self->n_renamed++;
    return file;
}

void file_note_renamed(struct file_input *self, const char *from, const char *to)
{
    struct renamed_file *replaced = find(self, to), *file = find(self, from);

    if (replaced)
        forget(self, replaced);
    if (!file && is_wanted(self, from))
        file = add(self, from);
    if (file)
        set_path(self, file, to);
}

/* The file that is there now. The watches may be behind, and it may be another: then that
 * had a wanted name, too, or is known. One that is known and has no wanted name can be
 * opened by this. */
static void take_up(struct file_input *self, const struct renamed_file *file)
{
    struct stat status;
    struct tail *tail;

    if (lstat(file->path, &status) < 0 || !S_ISREG(status.st_mode))
        return;
    tail = file_find_inode(self, status.st_dev, status.st_ino);
    if (tail) {
        if (tail->seen != self->scan)
            tail_rename(tail, file->path);
        return;
    }
    tail = file_add(self, file->path, &status);
    tail_set_name(tail, file->name);
    tail->gone = true;
    tail->seen = self->scan;
    tail->grew_ns = loop_now_ns(self->input.context->loop);
    tail_look(tail, &status);
    file_wake(self, tail);
}

void file_take_up_renamed(struct file_input *self)
{
    uint64_t now_ns = loop_now_ns(self->input.context->loop);
    struct watcher *watcher = self->input.context->watcher;
    bool is_behind = watcher && watcher_is_behind(watcher); /* their paths may be old */
    struct renamed_file *file;

    LIST_EACH (file, &self->renamed, link) {
        take_up(self, file);
        if (!is_behind && now_ns >= file->changed_ns + FILE_NAMES_KEEP_NS)
            forget(self, file);
    }
}

void file_forget_renamed(struct file_input *self)
{
    struct renamed_file *file;

    LIST_EACH (file, &self->renamed, link) {
        forget(self, file);
    }
}
