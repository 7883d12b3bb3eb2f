#include "input/checkpoint_store.h"

#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/folders.h"
#include "base/lmdb_check.h"
#include "base/lmdb_fill.h"
#include "base/lmdb_restore.h"
#include "base/log.h"
#include "base/mem.h"

/* Touches every entry, so that damage shows now and not in the middle of work. */
static int read_all(struct checkpoint_store *store)
{
    MDB_val key, value;
    MDB_cursor *cursor;
    MDB_txn *txn;
    int r = mdb_txn_begin(store->env, NULL, 0, &txn);

    if (r)
        return r;
    r = mdb_dbi_open(txn, NULL, 0, &store->dbi);
    if (!r)
        r = mdb_cursor_open(txn, store->dbi, &cursor);
    if (r) {
        mdb_txn_abort(txn);
        return r;
    }
    while (!(r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)))
        ;
    mdb_cursor_close(cursor);
    if (r == MDB_NOTFOUND)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return r;
}

/* LMDB's own lock file is made anew: nobody else is in here, and a damaged one would hang
 * or crash. */
static void remove_lock_table(const char *folder)
{
    SCOPED_FREE char *path = mem_printf("%s/lock.mdb", folder);

    unlink(path);
}

static void close_env(struct checkpoint_store *store)
{
    if (store->env)
        mdb_env_close(store->env);
    store->env = NULL;
}

static int open_env(struct checkpoint_store *store)
{
    int r = lmdb_check(store->folder);

    if (r)
        return r == EBADMSG ? MDB_CORRUPTED : r;
    remove_lock_table(store->folder);
    r = mdb_env_create(&store->env);
    if (r)
        return r;
    r = mdb_env_set_mapsize(store->env, CHECKPOINT_STORE_MAX_BYTES);
    if (!r)
        r = mdb_env_open(store->env, store->folder, MDB_NOMETASYNC | MDB_NOTLS, 0600);
    if (!r)
        r = -folder_sync(store->folder); /* LMDB syncs the file, not its name */
    if (!r)
        r = lmdb_fill_up(store->env);
    if (!r)
        r = read_all(store);
    if (r)
        close_env(store);
    return r;
}

int checkpoint_store_open(struct checkpoint_store *store, const char *folder)
{
    int r;

    store->folder = mem_strdup(folder);
    pthread_rwlock_init(&store->lock, NULL);
    r = open_env(store);
    if (r)
        checkpoint_store_close(store);
    return r;
}

void checkpoint_store_close(struct checkpoint_store *store)
{
    if (!store->folder)
        return;
    close_env(store);
    pthread_rwlock_destroy(&store->lock);
    free(take_ptr(store->folder));
}

/* After LMDB has failed to write its root page it refuses all work, reading too; opened
 * again, the environment is as after a crash: whole. */
static int begin(struct checkpoint_store *store, unsigned flags, MDB_txn **ret_txn)
{
    int r;

    pthread_rwlock_rdlock(&store->lock);
    r = store->env ? mdb_txn_begin(store->env, NULL, flags, ret_txn) : MDB_PANIC;
    if (r == MDB_PANIC) {
        pthread_rwlock_unlock(&store->lock);
        pthread_rwlock_wrlock(&store->lock);
        close_env(store);
        r = open_env(store);
        if (!r)
            r = mdb_txn_begin(store->env, NULL, flags, ret_txn);
    }
    if (r)
        pthread_rwlock_unlock(&store->lock);
    return r;
}

static void give_up(struct checkpoint_store *store, MDB_txn *txn)
{
    mdb_txn_abort(txn);
    pthread_rwlock_unlock(&store->lock);
}

static int commit(struct checkpoint_store *store, MDB_txn *txn)
{
    int r = mdb_txn_commit(txn);

    pthread_rwlock_unlock(&store->lock);
    return r;
}

static int put_back(struct checkpoint_store *store)
{
    int r = lmdb_restore(store->env, store->folder);

    if (r)
        return r;
    close_env(store);
    return open_env(store);
}

int checkpoint_store_restore(struct checkpoint_store *store)
{
    int r;

    if (!store->env || !lmdb_is_deleted(store->folder))
        return 0;
    pthread_rwlock_wrlock(&store->lock);
    r = put_back(store);
    pthread_rwlock_unlock(&store->lock);
    if (!r)
        log_error("checkpoints were deleted while they are in use; they are put back",
            LOG_STR("folder", store->folder));
    return r;
}

/* LMDB's own numbers are negative; some of them are about the program, not the file. */
bool checkpoint_store_is_damage(int error)
{
    return (error < 0 && error != MDB_PANIC && error != MDB_MAP_FULL && error != MDB_TXN_FULL &&
               error != MDB_MAP_RESIZED && error != MDB_READERS_FULL && error != MDB_NOTFOUND) ||
           error == EINVAL;
}

static int put_all(MDB_txn *txn, MDB_dbi dbi, const struct checkpoint_set *set)
{
    struct checkpoint_value *item;
    int r = 0;

    LIST_EACH (item, &set->values, link) {
        MDB_val key = {sizeof item->key, &item->key};
        MDB_val value = {item->value.size, item->value.data};

        if (r)
            break;
        r = item->value.size ? mdb_put(txn, dbi, &key, &value, 0) : mdb_del(txn, dbi, &key, NULL);
        if (r == MDB_NOTFOUND)
            r = 0;
    }
    return r;
}

int checkpoint_store_put(struct checkpoint_store *store, const struct checkpoint_set *set)
{
    MDB_txn *txn;
    int r = begin(store, 0, &txn);

    if (r)
        return r;
    r = put_all(txn, store->dbi, set);
    if (r) {
        give_up(store, txn);
        return r;
    }
    return commit(store, txn);
}

int checkpoint_store_get(
    struct checkpoint_store *store, const struct checkpoint_key *key, struct buf *value)
{
    struct checkpoint_key copy = *key;
    MDB_val stored_key = {sizeof copy, &copy}, stored;
    MDB_txn *txn;
    int r = begin(store, MDB_RDONLY, &txn);

    if (r)
        return r;
    r = mdb_get(txn, store->dbi, &stored_key, &stored);
    if (!r)
        buf_append(value, stored.mv_data, stored.mv_size);
    give_up(store, txn);
    return r;
}

int checkpoint_store_each(struct checkpoint_store *store, const uint64_t reader[2],
    void (*visit)(
        void *context, const struct checkpoint_key *key, const struct checkpoint_record *record),
    void *context)
{
    struct checkpoint_key first = {{reader[0], reader[1]}, 0, 0};
    MDB_val key = {sizeof first, &first}, value;
    MDB_cursor *cursor;
    MDB_txn *txn;
    int r = begin(store, MDB_RDONLY, &txn);

    if (r)
        return r;
    r = mdb_cursor_open(txn, store->dbi, &cursor);
    if (r) {
        give_up(store, txn);
        return r;
    }
    r = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    for (; !r; r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT)) {
        struct checkpoint_record record;
        struct checkpoint_key at;

        if (key.mv_size != sizeof at || memcmp(key.mv_data, first.reader, sizeof first.reader) != 0)
            break;
        memcpy(&at, key.mv_data, sizeof at);
        if (checkpoint_decode(value.mv_data, value.mv_size, &record))
            visit(context, &at, &record);
    }
    mdb_cursor_close(cursor);
    give_up(store, txn);
    return r == MDB_NOTFOUND ? 0 : r;
}

static bool is_forgotten(const struct checkpoint_key *key, const MDB_val *value, uint64_t before_s)
{
    struct checkpoint_record record;
    SCOPED_FREE char *path = NULL;
    struct stat status;

    if (!checkpoint_decode(value->mv_data, value->mv_size, &record))
        return true;
    if (record.saved_s >= before_s)
        return false;
    path = mem_strndup(record.path.data, record.path.size);
    return stat(path, &status) < 0 || status.st_ino != key->inode || status.st_dev != key->device;
}

static int clean_in(
    struct checkpoint_store *store, MDB_txn *txn, uint64_t before_s, size_t *ret_removed)
{
    MDB_val key, value;
    MDB_cursor *cursor;
    size_t removed = 0;
    int r = mdb_cursor_open(txn, store->dbi, &cursor);

    if (r)
        return r;
    while (!(r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        struct checkpoint_key copy = {0};

        memcpy(&copy, key.mv_data, MIN(key.mv_size, sizeof copy));
        if (key.mv_size == sizeof copy && !is_forgotten(&copy, &value, before_s))
            continue;
        r = mdb_cursor_del(cursor, 0);
        if (r)
            break;
        removed++;
    }
    mdb_cursor_close(cursor);
    *ret_removed = removed;
    return r == MDB_NOTFOUND ? 0 : r;
}

int checkpoint_store_clean(struct checkpoint_store *store, uint64_t before_s, size_t *ret_removed)
{
    MDB_txn *txn;
    int r = begin(store, 0, &txn);

    *ret_removed = 0;
    if (r)
        return r;
    r = clean_in(store, txn, before_s, ret_removed);
    if (r || !*ret_removed) {
        give_up(store, txn);
        return r;
    }
    return commit(store, txn);
}
