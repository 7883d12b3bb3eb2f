#include "delivery/spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include "base/clock.h"
#include "base/filesystem.h"
#include "base/folders.h"
#include "base/lmdb_check.h"
#include "base/mem.h"
#include "delivery/spool_private.h"

#define COMPLAINT_INTERVAL_NS (10 * NS_PER_S)

/* A folder that others may write to, or that is reached by a link that somebody may turn,
 * is no place for what is to be delivered. */
static int check_folder(const char *folder, char *why, size_t why_max)
{
    struct stat status;

    if (lstat(folder, &status) < 0) {
        int r = -errno;

        snprintf(why, why_max, "%s: %s", folder, strerror(-r));
        return r;
    }
    if (S_ISDIR(status.st_mode) && !(status.st_mode & S_IWOTH))
        return 0;
    snprintf(why, why_max, "%s: %s", folder,
        S_ISDIR(status.st_mode) ? "everybody may write there; make it 0700" : "is no folder");
    return -EPERM;
}

static int lock_folder(struct spool *spool, char *why, size_t why_max)
{
    SCOPED_FREE char *path = mem_printf("%s/lock", spool->folder);
    int r = 0;

    spool->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (spool->lock_fd < 0 || flock(spool->lock_fd, LOCK_EX | LOCK_NB)) {
        r = -errno;
        snprintf(why, why_max, "%s: %s", path,
            r == -EWOULDBLOCK ? "in use by another process" : strerror(-r));
    }
    return r;
}

int spool_take_folder(struct spool *spool, char *why, size_t why_max)
{
    int r = folders_make(spool->folder, 0700);

    if (r) {
        snprintf(why, why_max, "cannot make %s: %s", spool->folder, strerror(-r));
        return r;
    }
    r = check_folder(spool->folder, why, why_max);
    return r ? r : lock_folder(spool, why, why_max);
}

static void unlock_folder(struct spool *spool)
{
    if (spool->lock_fd >= 0)
        close(spool->lock_fd);
    spool->lock_fd = -1;
}

/* LMDB's own lock file is made anew: nobody else is in here, and a damaged one would
 * hang or crash. */
static void remove_lock_table(const struct spool *spool)
{
    SCOPED_FREE char *path = mem_printf("%s/lock.mdb", spool->folder);

    unlink(path);
}

int spool_check(const struct spool *spool)
{
    int r = lmdb_check(spool->folder);

    return r == EBADMSG ? MDB_CORRUPTED : r;
}

static int open_env(struct spool *spool)
{
    int r = spool_check(spool);

    if (r)
        return r;
    remove_lock_table(spool);
    r = spool_env_open(&spool->env, spool->folder, spool->status.max_bytes, spool->synced);
    if (!r)
        r = -folder_sync(spool->folder); /* LMDB syncs the file, not its name */
    if (!r)
        r = spool_scan(spool);
    if (r)
        spool_env_close(&spool->env);
    return r;
}

int spool_reopen(struct spool *spool)
{
    int r;

    pthread_rwlock_unlock(&spool->env_lock);
    pthread_rwlock_wrlock(&spool->env_lock);
    spool_env_close(&spool->env);
    r = open_env(spool);
    pthread_rwlock_unlock(&spool->env_lock);
    pthread_rwlock_rdlock(&spool->env_lock);
    return r;
}

/* 0, or a number of LMDB's or errno's. */
static int set_aside(struct spool *spool, int error)
{
    SCOPED_FREE char *aside =
        mem_printf("%s.bad-%llu", spool->folder, (unsigned long long)(clock_wall_ns() / NS_PER_MS));
    char why[256] = "";

    log_error("a spool is damaged and begun anew", LOG_STR("folder", spool->folder),
        LOG_STR("kept_as", aside), LOG_STR("error", mdb_strerror(error)),
        LOG_INT("logs", spool->status.logs));
    unlock_folder(spool);
    if (rename(spool->folder, aside) < 0)
        return errno;
    return -spool_take_folder(spool, why, sizeof why);
}

static int open_or_begin_anew(struct spool *spool)
{
    int r = open_env(spool);

    if (!r || !spool_env_is_damage(r))
        return r;
    r = set_aside(spool, r);
    return r ? r : open_env(spool);
}

void spool_begin_anew(struct spool *spool, int error)
{
    int r;

    pthread_rwlock_wrlock(&spool->env_lock);
    spool_env_close(&spool->env);
    pthread_mutex_lock(&spool->lock);
    spool->damaged = false;
    spool->n_acked = 0;
    spool->status.bad_records += spool->status.records;
    spool->status.bad_logs += spool->status.logs;
    pthread_mutex_unlock(&spool->lock);
    r = set_aside(spool, error);
    if (!r)
        r = open_env(spool);
    pthread_rwlock_unlock(&spool->env_lock);
    if (r)
        log_error("a spool cannot be begun anew", LOG_STR("folder", spool->folder),
            LOG_STR("error", mdb_strerror(r)));
}

static void init_locks(struct spool *spool)
{
    pthread_rwlock_init(&spool->env_lock, NULL);
    pthread_mutex_init(&spool->write_lock, NULL);
    pthread_mutex_init(&spool->lock, NULL);
}

void spool_destroy(struct spool *spool)
{
    spool_env_close(&spool->env);
    unlock_folder(spool);
    pthread_rwlock_destroy(&spool->env_lock);
    pthread_mutex_destroy(&spool->write_lock);
    pthread_mutex_destroy(&spool->lock);
    free(spool->acked);
    free(spool->folder);
    free(spool);
}

struct spool *spool_create(const struct spool_spec *spec)
{
    struct spool *spool = mem_zalloc(sizeof *spool);

    spool->folder = mem_strdup(spec->folder);
    spool->lock_fd = -1;
    spool->synced = spec->synced;
    spool->status.max_bytes = spec->max_bytes;
    spool->complaint.interval_ns = COMPLAINT_INTERVAL_NS;
    init_locks(spool);
    return spool;
}

int spool_open(const struct spool_spec *spec, struct spool **ret, char *why, size_t why_max)
{
    struct spool *spool = spool_create(spec);
    int r = filesystem_check_store(spool->folder, "a spool is", why, why_max);

    if (!r)
        r = spool_take_folder(spool, why, why_max);
    if (!r) {
        r = open_or_begin_anew(spool);
        if (r)
            snprintf(why, why_max, "%s: %s", spool->folder, mdb_strerror(r));
        r = spool_env_is_full(r) ? SPOOL_E_FULL : r < 0 ? -EIO : -r;
    }
    if (r) {
        spool_destroy(spool);
        return spool_env_is_full(-r) ? SPOOL_E_FULL : r;
    }
    *ret = spool;
    return 0;
}

void spool_close(struct spool *spool)
{
    if (!spool)
        return;
    spool_sync(spool);
    spool_destroy(spool);
}

static void remove_file(const struct spool *spool, const char *name)
{
    SCOPED_FREE char *path = mem_printf("%s/%s", spool->folder, name);

    unlink(path);
}

void spool_remove(struct spool *spool)
{
    spool_env_close(&spool->env);
    remove_file(spool, "data.mdb");
    remove_file(spool, "lock.mdb");
    spool_destroy(spool);
}

void spool_configure(struct spool *spool, uint64_t max_bytes, bool synced)
{
    int r = 0;

    pthread_rwlock_wrlock(&spool->env_lock);
    pthread_mutex_lock(&spool->lock);
    spool->status.max_bytes = max_bytes;
    spool->synced = synced;
    pthread_mutex_unlock(&spool->lock);
    if (spool->env.env)
        r = spool_env_configure(&spool->env, max_bytes, synced);
    pthread_rwlock_unlock(&spool->env_lock);
    if (r)
        log_warn("the limits of a spool cannot be changed", LOG_STR("folder", spool->folder),
            LOG_STR("error", mdb_strerror(r)));
}

static uint64_t oldest_wall_ns(struct spool *spool)
{
    struct spool_info info = {0};
    struct block *none;

    spool_peek(spool, 0, UINT64_MAX, NULL, &info, &none);
    return info.wall_ns;
}

void spool_get_status(struct spool *spool, struct spool_status *ret_status)
{
    uint64_t oldest_ns = oldest_wall_ns(spool);

    pthread_rwlock_rdlock(&spool->env_lock);
    pthread_mutex_lock(&spool->lock);
    *ret_status = spool->status;
    pthread_mutex_unlock(&spool->lock);
    ret_status->file_bytes = spool_env_file_bytes(&spool->env);
    pthread_rwlock_unlock(&spool->env_lock);
    ret_status->oldest_wall_ns = ret_status->records ? oldest_ns : 0;
}
