#include "base/lmdb_restore.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/folders.h"
#include "base/mem.h"
#include "base/util.h"

#define FOLDER_MODE 0700

bool lmdb_is_deleted(const char *folder)
{
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    struct stat status;

    return stat(path, &status) < 0 && (errno == ENOENT || errno == ENOTDIR);
}

/* LMDB's copy grows in a folder of its own, so that one that is cut short is never taken
 * for the environment. */
int lmdb_restore(MDB_env *env, const char *folder)
{
    SCOPED_FREE char *aside = mem_printf("%s/restore", folder);
    SCOPED_FREE char *copy = mem_printf("%s/data.mdb", aside);
    SCOPED_FREE char *path = mem_printf("%s/data.mdb", folder);
    int r = -folders_make(aside, FOLDER_MODE);

    if (r)
        return r;
    unlink(copy);
    r = mdb_env_copy(env, aside);
    if (!r && rename(copy, path) < 0)
        r = errno;
    if (r)
        unlink(copy);
    rmdir(aside);
    return r;
}
