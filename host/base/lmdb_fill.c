#include "base/lmdb_fill.h"

#include <errno.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/lmdb_check.h"

int lmdb_fill_up(MDB_env *env)
{
    MDB_envinfo info;
    MDB_stat stat;
    struct stat file;
    off_t wanted;
    int fd, r = mdb_env_get_fd(env, &fd);

    if (r || (r = mdb_env_info(env, &info)) || (r = mdb_env_stat(env, &stat)))
        return r;
    if (info.me_last_pgno > info.me_mapsize / stat.ms_psize)
        return MDB_CORRUPTED;
    wanted = (off_t)((info.me_last_pgno + 1) * stat.ms_psize + LMDB_FILL_MARGIN_BYTES);
    if (fstat(fd, &file) < 0)
        return errno;
    if (wanted / 2 > file.st_size + (off_t)LMDB_CHECK_MISSING_BYTES_MAX)
        return MDB_CORRUPTED;
    return file.st_size >= wanted || ftruncate(fd, wanted) == 0 ? 0 : errno;
}
