#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include "base/mem.h"
#include "delivery/spool_private.h"

/* Reads of damaged structures end here, too: the results of LMDB's that peek knows. */
enum { READ_END = MDB_NOTFOUND };

/* The content of a record, pieced together; false when a piece is missing or of a wrong
 * size. *ret_error: LMDB's, 0 when it was the record that was wrong. */
static bool read_content(
    MDB_txn *txn, MDB_dbi pieces, const struct spool_info *info, char *to, int *ret_error)
{
    uint32_t n_pieces = spool_info_pieces(info);
    unsigned char bytes[SPOOL_PIECE_KEY_BYTES];

    *ret_error = 0;
    for (uint32_t i = 0; i < n_pieces; i++) {
        uint64_t at = (uint64_t)i * SPOOL_PIECE_BYTES;
        MDB_val key = {sizeof bytes, bytes}, value;
        int r;

        spool_piece_key_encode(info->seq, i, bytes);
        r = mdb_get(txn, pieces, &key, &value);
        if (r || value.mv_size != MIN(SPOOL_PIECE_BYTES, info->size - at)) {
            *ret_error = r == MDB_NOTFOUND ? 0 : r;
            return false;
        }
        memcpy(to + at, value.mv_data, value.mv_size);
    }
    return true;
}

/* The first entry of the index behind `after`. 0, LMDB's error, or SPOOL_E_BAD_RECORD
 * with nothing but seq. */
static int find_info(
    MDB_txn *txn, struct spool *spool, uint64_t after, uint64_t until, struct spool_info *ret_info)
{
    unsigned char bytes[SPOOL_KEY_BYTES];
    MDB_val key = {sizeof bytes, bytes}, value;
    MDB_cursor *cursor;
    int r = mdb_cursor_open(txn, spool->env.index, &cursor);

    if (r)
        return r;
    spool_key_encode(after + 1, bytes);
    r = mdb_cursor_get(cursor, &key, &value, MDB_SET_RANGE);
    while (!r && key.mv_size != SPOOL_KEY_BYTES)
        r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT);
    if (!r) {
        uint64_t seq = spool_key_decode(key.mv_data);

        if (seq > until)
            r = READ_END;
        else if (!spool_info_decode(value.mv_data, value.mv_size, ret_info) || ret_info->seq != seq)
            r = SPOOL_E_BAD_RECORD;
        if (r == SPOOL_E_BAD_RECORD)
            *ret_info = (struct spool_info){.seq = seq};
    }
    mdb_cursor_close(cursor);
    return r;
}

/* All of it, or nothing. */
static bool write_quarantine(struct spool *spool, uint64_t seq, const char *content, size_t size)
{
    SCOPED_FREE char *folder = mem_printf("%s/quarantine", spool->folder);
    SCOPED_FREE char *path =
        mem_printf("%s/%020llu", folder, (unsigned long long)seq); /* sorts by seq */
    SCOPED_FD int fd = -1;

    if (mkdir(folder, 0700) && errno != EEXIST)
        return false;
    fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return false;
    if (write(fd, content, size) == (ssize_t)size)
        return true;
    unlink(path);
    return false;
}

/* Whether it is out of the way already: it is there until the next write. Under the lock. */
static bool is_acked(const struct spool *spool, uint64_t seq)
{
    for (size_t i = spool->n_acked; i > 0; i--)
        if (spool->acked[i - 1] == seq)
            return true;
    return false;
}

/* Out of the way, counted, told; once. */
static void quarantine(
    struct spool *spool, const struct spool_info *info, const char *content, size_t size)
{
    bool keep;

    pthread_mutex_lock(&spool->lock);
    if (is_acked(spool, info->seq)) {
        pthread_mutex_unlock(&spool->lock);
        return;
    }
    MEM_GROW(spool->acked, spool->n_acked, spool->cap_acked);
    spool->acked[spool->n_acked++] = info->seq;
    spool->status.bad_records++;
    spool->status.bad_logs += info->n_logs;
    keep = size && spool->quarantine_bytes + size <= SPOOL_QUARANTINE_BYTES_MAX;
    if (keep)
        spool->quarantine_bytes += size;
    pthread_mutex_unlock(&spool->lock);
    keep = keep && write_quarantine(spool, info->seq, content, size);
    log_error("a record of a spool is damaged and left out", LOG_STR("folder", spool->folder),
        LOG_INT("record", info->seq), LOG_INT("logs", info->n_logs),
        LOG_STR("kept", keep ? "quarantine" : "no"));
}

static int read_record(MDB_txn *txn, struct spool *spool, struct memory *memory,
    const struct spool_info *info, struct block **ret_block)
{
    struct block *block = block_get(memory, MAX(info->size, (uint64_t)1));
    int error;
    bool whole = read_content(txn, spool->env.pieces, info, block->data, &error);

    if (whole && spool_checksum(block->data, info->size) == info->checksum) {
        *ret_block = block;
        return 0;
    }
    if (!error)
        quarantine(spool, info, block->data, whole ? info->size : 0);
    block_unref(block);
    return error ? error : SPOOL_E_BAD_RECORD;
}

static int peek_in(MDB_txn *txn, struct spool *spool, uint64_t after, uint64_t until,
    struct memory *memory, struct spool_info *ret_info, struct block **ret_block)
{
    int r = find_info(txn, spool, after, until, ret_info);

    if (r == SPOOL_E_BAD_RECORD && memory)
        quarantine(spool, ret_info, NULL, 0);
    if (r || !memory)
        return r;
    return read_record(txn, spool, memory, ret_info, ret_block);
}

static int note_damage(struct spool *spool)
{
    pthread_mutex_lock(&spool->lock);
    spool->damaged = true;
    pthread_mutex_unlock(&spool->lock);
    return SPOOL_E_BEGUN_ANEW;
}

/* To read. */
static int begin(struct spool *spool, MDB_txn **ret_txn)
{
    int r = spool->env.env ? mdb_txn_begin(spool->env.env, NULL, MDB_RDONLY, ret_txn) : MDB_PANIC;

    if (r != MDB_PANIC)
        return r;
    r = spool_reopen(spool);
    return r ? r : mdb_txn_begin(spool->env.env, NULL, MDB_RDONLY, ret_txn);
}

int spool_peek(struct spool *spool, uint64_t after, uint64_t until, struct memory *memory,
    struct spool_info *ret_info, struct block **ret_block)
{
    MDB_txn *txn;
    int r = MDB_NOTFOUND;

    pthread_rwlock_rdlock(&spool->env_lock);
    if (after < until)
        r = begin(spool, &txn);
    if (!r) {
        r = peek_in(txn, spool, after, until, memory, ret_info, ret_block);
        mdb_txn_abort(txn);
    }
    pthread_rwlock_unlock(&spool->env_lock);
    if (r == MDB_NOTFOUND)
        return SPOOL_E_END;
    if (spool_env_is_damage(r))
        return note_damage(spool);
    return r == SPOOL_E_BAD_RECORD || !r ? r : SPOOL_E_FULL;
}

static void count_record(struct spool_status *status, const struct spool_info *info)
{
    status->records++;
    status->logs += info->n_logs;
    status->bytes += spool_info_disk_bytes(info);
    status->last_seq = MAX(status->last_seq, info->seq);
}

static int scan_in(MDB_txn *txn, struct spool *spool, struct spool_status *status)
{
    MDB_val key, value;
    MDB_cursor *cursor;
    int r = mdb_cursor_open(txn, spool->env.index, &cursor);

    if (r)
        return r;
    while (!(r = mdb_cursor_get(cursor, &key, &value, MDB_NEXT))) {
        struct spool_info info;

        if (key.mv_size != SPOOL_KEY_BYTES)
            continue;
        if (spool_info_decode(value.mv_data, value.mv_size, &info))
            count_record(status, &info);
        else /* found, and told of, when it is read */
            status->last_seq = MAX(status->last_seq, spool_key_decode(key.mv_data));
    }
    mdb_cursor_close(cursor);
    return r == MDB_NOTFOUND ? 0 : r;
}

int spool_scan(struct spool *spool)
{
    struct spool_status found;
    MDB_txn *txn;
    int r;

    pthread_mutex_lock(&spool->lock);
    found = spool->status;
    pthread_mutex_unlock(&spool->lock);
    found.records = found.logs = found.bytes = 0;
    r = mdb_txn_begin(spool->env.env, NULL, MDB_RDONLY, &txn);
    if (r)
        return r;
    r = scan_in(txn, spool, &found);
    mdb_txn_abort(txn);
    pthread_mutex_lock(&spool->lock);
    spool->status = found;
    pthread_mutex_unlock(&spool->lock);
    return r;
}
