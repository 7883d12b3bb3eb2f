#include "delivery/spool_env.h"

#include <errno.h>
#include <sys/stat.h>
#include "base/lmdb_fill.h"
#include "base/util.h"
#include "delivery/spool_record.h"

/* Values of two thirds of the map's size always fit (measured: free pages lie scattered
 * when records come and go); and deleting needs a little room of its own. */
#define MAP_SPARE_BYTES (32 * MIB)
#define PAGE_ROUND (64 * KIB)

static size_t map_bytes(uint64_t max_bytes)
{
    size_t bytes = (size_t)(max_bytes + max_bytes / 2) + MAP_SPARE_BYTES;

    return (bytes + PAGE_ROUND - 1) / PAGE_ROUND * PAGE_ROUND;
}

/* `look`: they are not made, and nothing is written. */
static int open_tables(struct spool_env *env, bool look)
{
    MDB_txn *txn;
    int r = mdb_txn_begin(env->env, NULL, look ? MDB_RDONLY : 0, &txn);

    if (r)
        return r;
    r = mdb_dbi_open(txn, "index", look ? 0 : MDB_CREATE, &env->index);
    if (!r)
        r = mdb_dbi_open(txn, "pieces", look ? 0 : MDB_CREATE, &env->pieces);
    if (!r)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return r;
}

static int open_with(
    struct spool_env *env, const char *folder, size_t map, unsigned flags, bool look)
{
    int r = mdb_env_create(&env->env);

    if (r)
        return r;
    r = mdb_env_set_maxdbs(env->env, 2);
    if (!r && map)
        r = mdb_env_set_mapsize(env->env, map);
    if (!r)
        r = mdb_env_open(env->env, folder, MDB_NOTLS | flags, 0600);
    if (!r)
        r = lmdb_fill_up(env->env);
    if (!r)
        r = open_tables(env, look);
    if (r)
        spool_env_close(env);
    return r;
}

int spool_env_open(struct spool_env *env, const char *folder, uint64_t max_bytes, bool synced)
{
    return open_with(env, folder, map_bytes(max_bytes), synced ? 0 : MDB_NOSYNC, false);
}

int spool_env_look(struct spool_env *env, const char *folder)
{
    return open_with(env, folder, 0, MDB_NOLOCK, true);
}

void spool_env_close(struct spool_env *env)
{
    if (env->env)
        mdb_env_close(env->env);
    env->env = NULL;
}

int spool_env_configure(struct spool_env *env, uint64_t max_bytes, bool synced)
{
    int r = mdb_env_set_flags(env->env, MDB_NOSYNC, !synced);

    return r ? r : mdb_env_set_mapsize(env->env, map_bytes(max_bytes));
}

bool spool_env_is_full(int error)
{
    return error == MDB_MAP_FULL || error == MDB_TXN_FULL || error == MDB_PANIC || error == EIO ||
           error == ENOSPC || error == EDQUOT || error == EFBIG || error == EROFS;
}

/* LMDB's own numbers are negative; some of them are about the program, not the file. */
bool spool_env_is_damage(int error)
{
    return (error < 0 && error != MDB_MAP_FULL && error != MDB_TXN_FULL && error != MDB_PANIC &&
               error != MDB_MAP_RESIZED && error != MDB_READERS_FULL && error != MDB_NOTFOUND) ||
           error == EINVAL;
}

uint64_t spool_env_file_bytes(struct spool_env *env)
{
    struct stat file;
    int fd;

    if (!env->env || mdb_env_get_fd(env->env, &fd) || fstat(fd, &file) < 0)
        return 0;
    return (uint64_t)file.st_size;
}
