#include <errno.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>
#include "base/log.h"
#include "base/mem.h"
#include "input/input_file.h"

/* Of file systems that linux/magic.h does not know. */
#define LUSTRE_MAGIC 0x0BD00BD0UL
#define GPFS_MAGIC 0x47504653UL

static const struct input_context *context_of(const struct file_input *self)
{
    return self->input.context;
}

static void entry_written(struct watch *watch, const char *name)
{
    struct file_folder *folder = container_of(watch, struct file_folder, watch);
    SCOPED_FREE char *path =
        mem_printf("%s/%s", strcmp(folder->path, "/") ? folder->path : "", name);
    struct tail *tail = file_find_path(folder->owner, path);

    if (tail)
        file_wake(folder->owner, tail);
}

static void entry_renamed(struct watch *watch, const char *from, const char *to)
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

    MAP_EACH_OF(folder, &self->folders, file_hash_path(path), by_path)
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
    folder->watch.written = entry_written;
    folder->watch.renamed = entry_renamed;
    folder->watch.rescan = names_changed;
    map_put(&self->folders, &folder->by_path, file_hash_path(path));
    list_append(&self->all_folders, &folder->all);
    return folder;
}

void file_drop_folder(struct file_input *self, struct file_folder *folder)
{
    if (context_of(self)->watcher)
        watcher_remove(context_of(self)->watcher, &folder->watch);
    map_remove(&self->folders, &folder->by_path);
    list_remove(&folder->all);
    free(folder->path);
    free(folder);
}

/* Whether what other machines, or a program behind FUSE, change there is told by no watch. */
static bool is_remote(const char *path)
{
    static const unsigned long kinds[] = {
        NFS_SUPER_MAGIC,
        SMB_SUPER_MAGIC,
        SMB2_SUPER_MAGIC,
        CIFS_SUPER_MAGIC,
        FUSE_SUPER_MAGIC,
        V9FS_MAGIC,
        CEPH_SUPER_MAGIC,
        AFS_SUPER_MAGIC,
        CODA_SUPER_MAGIC,
        LUSTRE_MAGIC,
        GPFS_MAGIC,
    };
    struct statfs status;

    if (statfs(path, &status) < 0)
        return false;
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++)
        if ((unsigned long)status.f_type == kinds[i])
            return true;
    return false;
}

/* What the path leads to, and how. */
static void look_at_folder(struct file_folder *folder)
{
    SCOPED_FREE char *real = realpath(folder->path, NULL);
    struct stat status;

    folder->remote = is_remote(folder->path);
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

void file_see_folder(struct file_input *self, const char *path)
{
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
