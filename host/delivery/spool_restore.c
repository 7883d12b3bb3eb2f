/* A spool whose folder was deleted while it is open: what was in it is put back before
 * anything is written, so that nothing counts as spooled that has no name on the disk. */
#include <lmdb.h>
#include "base/lmdb_restore.h"
#include "delivery/spool_private.h"

#define WORDS_BYTES_MAX 256

/* With the environment for ourselves. */
static int put_back(struct spool *spool)
{
    char why[WORDS_BYTES_MAX] = "";
    int r = lmdb_restore(spool->env.env, spool->folder);

    if (r)
        return r;
    spool_env_close(&spool->env);
    if (spool->lock_fd >= 0)
        close(spool->lock_fd); /* of a file that is not there any more */
    spool->lock_fd = -1;
    r = -spool_take_folder(spool, why, sizeof why);
    if (!r)
        r = spool_env_open(&spool->env, spool->folder, spool->status.max_bytes, spool->synced);
    return r;
}

int spool_restore(struct spool *spool)
{
    int r;

    if (!spool->env.env || !lmdb_is_deleted(spool->folder))
        return 0;
    pthread_rwlock_wrlock(&spool->env_lock);
    r = put_back(spool);
    pthread_rwlock_unlock(&spool->env_lock);
    if (!r)
        log_error("a spool was deleted while it is in use; what was in it is put back",
            LOG_STR("folder", spool->folder));
    return r;
}
