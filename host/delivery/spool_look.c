#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/mem.h"
#include "delivery/spool_private.h"

static uint64_t file_bytes(const struct spool *spool)
{
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", spool->folder);
    struct stat status;

    return stat(path, &status) == 0 ? (uint64_t)status.st_size : 0;
}

/* 0, or a number of LMDB's or errno's. */
static int look_inside(struct spool *spool)
{
    int r = spool_check(spool);

    if (!r)
        r = spool_env_look(&spool->env, spool->folder);
    return r ? r : spool_scan(spool);
}

int spool_look(
    const struct spool_spec *spec, struct spool_status *ret_status, char *why, size_t why_max)
{
    struct spool *spool = spool_create(spec);
    int r = spool_take_folder(spool, why, why_max);

    *ret_status = (struct spool_status){.file_bytes = file_bytes(spool)};
    if (!r) {
        r = look_inside(spool);
        if (r)
            snprintf(why, why_max, "%s", spool_env_is_damage(r) ? "damaged" : mdb_strerror(r));
        else
            spool_get_status(spool, ret_status);
        r = spool_env_is_damage(r) ? -EBADMSG : r < 0 ? -EIO : -r;
    }
    spool_destroy(spool);
    return r;
}

/* The files of a folder that has no folders in it, and the folder. 0 or -errno. */
static int remove_flat(const char *folder)
{
    DIR *dir = opendir(folder);
    struct dirent *entry;

    if (!dir)
        return errno == ENOENT ? 0 : -errno;
    while ((entry = readdir(dir)))
        if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
            unlinkat(dirfd(dir), entry->d_name, 0);
    closedir(dir);
    return rmdir(folder) < 0 ? -errno : 0;
}

/* The logs go first: if the rest stays, no half of a spool does. */
int spool_delete(const struct spool_spec *spec, char *why, size_t why_max)
{
    SCOPED_FREE char *data = mem_printf("%s/data.mdb", spec->folder);
    SCOPED_FREE char *quarantine = mem_printf("%s/quarantine", spec->folder);
    struct spool *spool = spool_create(spec);
    int r = spool_take_folder(spool, why, why_max);

    if (!r) {
        r = unlink(data) < 0 && errno != ENOENT ? -errno : 0;
        if (!r)
            r = remove_flat(quarantine);
        if (!r)
            r = remove_flat(spec->folder);
        if (r)
            snprintf(why, why_max, "%s: %s", spec->folder, strerror(-r));
    }
    spool_destroy(spool);
    return r;
}
