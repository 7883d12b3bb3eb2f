#include <dirent.h>
#include <string.h>
#include "base/mem.h"
#include "input/input_file.h"

/* Copies of what the checkpoints say, as the store cannot be used while it is read. */
struct moved_file {
    struct checkpoint_key key;
    char *path;
};
struct moved_files {
    struct file_input *owner;
    struct moved_file *items;
    size_t count, capacity;
};

static void note_moved(
    void *context, const struct checkpoint_key *key, const struct checkpoint_record *record)
{
    struct moved_files *files = context;

    if (file_find_inode(files->owner, key->device, key->inode))
        return;
    MEM_GROW(files->items, files->count, files->capacity);
    files->items[files->count++] =
        (struct moved_file){*key, mem_strndup(record->path.data, record->path.size)};
}

/* The path, below `folder` and down `depth` folders, of the file with that inode; NULL:
 * none. Symbolic links are not followed. */
static char *find_below(const char *folder, uint64_t inode, uint64_t depth)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;
    char *found = NULL;

    if (!dir)
        return NULL;
    while (!found && (entry = readdir(dir))) {
        SCOPED_FREE char *path = NULL;

        if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
            continue;
        path = mem_printf("%s/%s", folder, entry->d_name);
        if (entry->d_ino == inode)
            found = take_ptr(path);
        else if (depth && entry->d_type == DT_DIR)
            found = find_below(path, inode, depth - 1);
    }
    closedir(dir);
    return found;
}

/* Where a file is now that was at `path`; NULL: not found. */
static char *find_moved(const struct file_input *self, const char *path, uint64_t inode)
{
    const char *slash = strrchr(path, '/');
    SCOPED_FREE char *folder = mem_strndup(path, slash ? (size_t)(slash - path) : 0);

    return find_below(folder, inode, self->options->max_checkpoint_dir_search_depth);
}

/* Takes up a file that was renamed out of the pattern, if there is more to read of it. */
static void take_up(struct file_input *self, const struct moved_file *file)
{
    SCOPED_FREE char *path = find_moved(self, file->path, file->key.inode);
    struct stat status;
    struct tail *tail;

    if (!path || stat(path, &status) < 0 || !S_ISREG(status.st_mode) ||
        status.st_dev != file->key.device)
        return;
    tail = file_add(self, path, &status);
    tail->gone = true;
    tail->seen = self->scan;
    tail->grew_ns = loop_now_ns(self->input.context->loop);
    tail_set_known(tail, file->path);
    file_wake(self, tail);
}

void file_find_moved(struct file_input *self)
{
    const struct input_context *context = self->input.context;
    struct moved_files files = {.owner = self};

    if (!context->checkpoints)
        return;
    self->find_moved_again = checkpoints_each(context->checkpoints, context->pipeline,
                                 context->config->name, note_moved, &files) != 0;
    for (size_t i = 0; i < files.count; i++) {
        take_up(self, &files.items[i]);
        free(files.items[i].path);
    }
    free(files.items);
}
