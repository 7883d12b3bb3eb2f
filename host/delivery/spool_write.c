#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "delivery/spool_private.h"

/* What a transaction changes in the counts, once it is committed. */
struct change {
    uint64_t added_records, added_logs, added_bytes;
    uint64_t removed_records, removed_logs, removed_bytes;
    uint64_t last_seq;
};

static void apply(struct spool_status *status, const struct change *change)
{
    status->records += change->added_records - change->removed_records;
    status->logs += change->added_logs - change->removed_logs;
    status->bytes += change->added_bytes - change->removed_bytes;
    status->last_seq = MAX(status->last_seq, change->last_seq);
}

static int remove_pieces(MDB_txn *txn, MDB_dbi pieces, uint64_t seq)
{
    unsigned char bytes[SPOOL_PIECE_KEY_BYTES], first[SPOOL_PIECE_KEY_BYTES];
    MDB_val key = {sizeof bytes, bytes}, value;
    MDB_cursor *cursor;
    int r = mdb_cursor_open(txn, pieces, &cursor);

    if (r)
        return r;
    spool_piece_key_encode(seq, 0, first);
    memcpy(bytes, first, sizeof first);
    while (!(r = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE))) {
        if (key.mv_size != sizeof first || memcmp(key.mv_data, first, SPOOL_KEY_BYTES) != 0)
            break;
        r = mdb_cursor_del(cursor, 0);
        if (r)
            break;
        key = (MDB_val){sizeof bytes, bytes};
    }
    mdb_cursor_close(cursor);
    return r == MDB_NOTFOUND ? 0 : r;
}

/* A record that is not there is fine. */
static int remove_record(MDB_txn *txn, struct spool *spool, uint64_t seq, struct change *change)
{
    unsigned char bytes[SPOOL_KEY_BYTES];
    MDB_val key = {sizeof bytes, bytes}, value;
    struct spool_info info = {0};
    int r;

    spool_key_encode(seq, bytes);
    r = mdb_get(txn, spool->env.index, &key, &value);
    if (r)
        return r == MDB_NOTFOUND ? 0 : r;
    if (spool_info_decode(value.mv_data, value.mv_size, &info)) {
        change->removed_records++;
        change->removed_logs += info.n_logs;
        change->removed_bytes += spool_info_disk_bytes(&info);
    }
    r = mdb_del(txn, spool->env.index, &key, NULL);
    return r ? r : remove_pieces(txn, spool->env.pieces, seq);
}

static int put_pieces(MDB_txn *txn, MDB_dbi pieces, const struct spool_item *item)
{
    uint32_t n_pieces = spool_info_pieces(&item->info);
    unsigned char bytes[SPOOL_PIECE_KEY_BYTES];
    int r = 0;

    for (uint32_t i = 0; i < n_pieces && !r; i++) {
        uint64_t at = (uint64_t)i * SPOOL_PIECE_BYTES;
        MDB_val key = {sizeof bytes, bytes};
        MDB_val value = {MIN(SPOOL_PIECE_BYTES, item->info.size - at), NULL};

        spool_piece_key_encode(item->info.seq, i, bytes);
        r = mdb_put(txn, pieces, &key, &value, MDB_RESERVE);
        if (!r)
            memcpy(value.mv_data, (const char *)item->content + at, value.mv_size);
    }
    return r;
}

static int put_record(
    MDB_txn *txn, struct spool *spool, struct spool_item *item, struct change *change)
{
    unsigned char key_bytes[SPOOL_KEY_BYTES], info_bytes[SPOOL_INFO_BYTES];
    MDB_val key = {sizeof key_bytes, key_bytes}, value = {sizeof info_bytes, info_bytes};
    int r = remove_record(txn, spool, item->info.seq, change);

    if (r)
        return r;
    item->info.checksum = spool_checksum(item->content, item->info.size);
    spool_key_encode(item->info.seq, key_bytes);
    spool_info_encode(&item->info, info_bytes);
    change->added_records++;
    change->added_logs += item->info.n_logs;
    change->added_bytes += spool_info_disk_bytes(&item->info);
    change->last_seq = MAX(change->last_seq, item->info.seq);
    r = mdb_put(txn, spool->env.index, &key, &value, 0);
    return r ? r : put_pieces(txn, spool->env.pieces, item);
}

/* What is written in one transaction. */
struct work {
    struct spool_item *items;
    size_t n_items;
    const uint64_t *acked;
    size_t n_acked;
};

static int write_in(
    MDB_txn *txn, struct spool *spool, const struct work *work, struct change *change)
{
    int r = 0;

    for (size_t i = 0; i < work->n_acked && !r; i++)
        r = remove_record(txn, spool, work->acked[i], change);
    for (size_t i = 0; i < work->n_items && !r; i++)
        r = put_record(txn, spool, &work->items[i], change);
    return r;
}

static int write_txn(struct spool *spool, const struct work *work, struct change *change)
{
    MDB_txn *txn;
    int r;

    *change = (struct change){0};
    if (!spool->env.env)
        return EIO;
    r = mdb_txn_begin(spool->env.env, NULL, 0, &txn);
    if (r)
        return r;
    r = write_in(txn, spool, work, change);
    if (!r)
        return mdb_txn_commit(txn);
    mdb_txn_abort(txn);
    return r;
}

/* Takes the acks that wait; they are the caller's. */
static size_t take_acks(struct spool *spool, uint64_t **ret_acked)
{
    size_t n;

    pthread_mutex_lock(&spool->lock);
    *ret_acked = take_ptr(spool->acked);
    n = spool->n_acked;
    spool->n_acked = spool->cap_acked = 0;
    pthread_mutex_unlock(&spool->lock);
    return n;
}

void spool_ack(struct spool *spool, uint64_t seq)
{
    pthread_mutex_lock(&spool->lock);
    MEM_GROW(spool->acked, spool->n_acked, spool->cap_acked);
    spool->acked[spool->n_acked++] = seq;
    pthread_mutex_unlock(&spool->lock);
}

size_t spool_acks(struct spool *spool)
{
    size_t n;

    pthread_mutex_lock(&spool->lock);
    n = spool->n_acked;
    pthread_mutex_unlock(&spool->lock);
    return n;
}

static void note_success(struct spool *spool, const struct change *change)
{
    pthread_mutex_lock(&spool->lock);
    apply(&spool->status, change);
    spool->status.error[0] = '\0';
    pthread_mutex_unlock(&spool->lock);
}

static void note_refusal(struct spool *spool, const char *error)
{
    uint64_t suppressed;
    bool pass;

    pthread_mutex_lock(&spool->lock);
    spool->status.refusals++;
    snprintf(spool->status.error, sizeof spool->status.error, "%s", error);
    pass = log_limit_pass(&spool->complaint, clock_now_ns(), &suppressed);
    pthread_mutex_unlock(&spool->lock);
    if (pass)
        log_warn("a spool takes nothing now; what comes must wait",
            LOG_STR("folder", spool->folder), LOG_STR("error", error),
            LOG_INT("similar", suppressed));
}

/* One transaction; the environment is brought back to work when that is what it needs. */
static int write_work(struct spool *spool, const struct work *work)
{
    struct change change;
    int r;

    pthread_rwlock_rdlock(&spool->env_lock);
    if (!spool->env.env || (r = write_txn(spool, work, &change)) == MDB_PANIC) {
        r = spool_reopen(spool);
        if (!r)
            r = write_txn(spool, work, &change);
    }
    pthread_rwlock_unlock(&spool->env_lock);
    if (!r)
        note_success(spool, &change);
    return r;
}

static int give_up(struct spool *spool, int error)
{
    if (spool_env_is_damage(error))
        spool_begin_anew(spool, error);
    note_refusal(spool, mdb_strerror(error));
    return SPOOL_E_FULL;
}

static void put_acks_back(struct spool *spool, const uint64_t *acked, size_t n)
{
    for (size_t i = 0; i < n; i++)
        spool_ack(spool, acked[i]);
}

/* Only the acks, when all together has failed: they make room. */
static int write_acks(struct spool *spool, const uint64_t *acked, size_t n)
{
    int r = n ? write_work(spool, &(struct work){NULL, 0, acked, n}) : 0;

    if (r && !spool_env_is_damage(r))
        put_acks_back(spool, acked, n);
    return r;
}

/* Whether the items would go over the limit, after the acks that wait. */
static bool over_limit(struct spool *spool, const struct spool_item *items, size_t n_items)
{
    uint64_t bytes = 0;
    bool over;

    for (size_t i = 0; i < n_items; i++)
        bytes += spool_info_disk_bytes(&items[i].info);
    pthread_mutex_lock(&spool->lock);
    over = spool->status.bytes + bytes > spool->status.max_bytes;
    pthread_mutex_unlock(&spool->lock);
    return over;
}

static int append_locked(struct spool *spool, struct spool_item *items, size_t n_items)
{
    uint64_t *taken;
    size_t n_acked = take_acks(spool, &taken);
    SCOPED_FREE uint64_t *acked = taken;
    int r;

    if (!n_items && !n_acked)
        return 0;
    if (n_items && over_limit(spool, items, n_items)) {
        r = write_acks(spool, acked, n_acked);
        n_acked = 0;
        if (r)
            return give_up(spool, r);
        if (over_limit(spool, items, n_items)) {
            note_refusal(spool, "its limit is reached");
            return SPOOL_E_FULL;
        }
    }
    r = write_work(spool, &(struct work){items, n_items, acked, n_acked});
    if (!r)
        return 0;
    if (!spool_env_is_damage(r) && n_items)
        write_acks(spool, acked, n_acked);
    else if (!spool_env_is_damage(r))
        put_acks_back(spool, acked, n_acked);
    return give_up(spool, r);
}

/* What was found while reading. */
static void mend(struct spool *spool)
{
    bool damaged;

    pthread_mutex_lock(&spool->lock);
    damaged = spool->damaged;
    pthread_mutex_unlock(&spool->lock);
    if (damaged)
        spool_begin_anew(spool, MDB_CORRUPTED);
}

int spool_append(struct spool *spool, struct spool_item *items, size_t n_items)
{
    int r;

    pthread_mutex_lock(&spool->write_lock);
    mend(spool);
    r = spool_restore(spool);
    r = r ? give_up(spool, r) : append_locked(spool, items, n_items);
    pthread_mutex_unlock(&spool->write_lock);
    return r;
}

int spool_sync(struct spool *spool)
{
    int r = 0;

    pthread_mutex_lock(&spool->write_lock);
    mend(spool);
    if (spool_restore(spool))
        r = SPOOL_E_FULL;
    else if (spool_acks(spool))
        r = append_locked(spool, NULL, 0);
    pthread_rwlock_rdlock(&spool->env_lock);
    if (!spool->synced && spool->env.env && mdb_env_sync(spool->env.env, 1))
        r = SPOOL_E_FULL;
    pthread_rwlock_unlock(&spool->env_lock);
    pthread_mutex_unlock(&spool->write_lock);
    return r;
}
