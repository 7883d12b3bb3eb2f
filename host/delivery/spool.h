/*
 * The spool: records on disk, first in first out, behind six calls. An LMDB environment
 * in a folder of its own; what the records mean is their owner's business (a lane's
 * groups, dead letters). At most one per folder and process, which delivery/spools and
 * a lock file see to.
 *
 *   open -> { append, peek, ack, sync }* -> close
 *
 * What append has returned 0 for is there after a kill -9; and after a crash of the
 * machine, too, when `synced`. Damage never keeps anybody from starting: a record that
 * is damaged goes to <folder>/quarantine and is counted, an environment that is damaged
 * is renamed to <folder>.bad-<time>, loudly, and an empty one begun. A disk that is full
 * or fails (ENOSPC, EIO, quota) is SPOOL_E_FULL: nothing has changed, try again later.
 *
 * All calls [any], except open and close.
 */
#ifndef DELIVERY_SPOOL_H
#define DELIVERY_SPOOL_H

#include "delivery/spool_record.h"
#include "event/memory.h"

#define SPOOL_QUARANTINE_BYTES_MAX (64u << 20) /* kept of damaged records; then only counted */
#define SPOOL_ERROR_TEXT_MAX 128u

/* Positive results; 0 is good. */
enum {
    SPOOL_E_END = 1,    /* no such record */
    SPOOL_E_FULL,       /* not now: the limit is reached, or the disk refuses */
    SPOOL_E_BAD_RECORD, /* it was damaged and is gone; ret_info has seq and what is known */
    SPOOL_E_BEGUN_ANEW, /* all was damaged and is gone */
};

struct spool;

struct spool_spec {
    const char *folder; /* made when it is missing */
    uint64_t max_bytes; /* what live records may take on disk */
    bool synced;        /* each commit reaches the disk, not only the page cache */
};

/* SPOOL_E_FULL, or -errno: the folder cannot be used (rights, a symbolic link, a network
 * file system, in use by another process); then `why` holds words. [control] */
int spool_open(const struct spool_spec *spec, struct spool **ret, char *why, size_t why_max);
/* Writes acks that wait. NULL is fine. [control] */
void spool_close(struct spool *spool);
/* Closes it and removes its files; only when it is empty. */
void spool_remove(struct spool *spool);
/* Other limits for one that is open. */
void spool_configure(struct spool *spool, uint64_t max_bytes, bool synced);

struct spool_item {
    struct spool_info info; /* checksum is filled in here */
    const void *content;
};

/* All or none, in one commit, together with the acks that wait. A seq that is there
 * already is replaced. 0 or SPOOL_E_FULL. */
int spool_append(struct spool *spool, struct spool_item *items, size_t n_items);
/* The acks that wait are written, and all is on the disk. 0 or SPOOL_E_FULL. */
int spool_sync(struct spool *spool);

/* The first record with after < seq <= until. Its content lies at the start of a block
 * of `memory`, whose reference is the caller's; `memory` NULL: only the info. 0, SPOOL_E_END,
 * SPOOL_E_BAD_RECORD, SPOOL_E_BEGUN_ANEW, SPOOL_E_FULL: the disk refuses. */
int spool_peek(struct spool *spool, uint64_t after, uint64_t until, struct memory *memory,
    struct spool_info *ret_info, struct block **ret_block);

/* It may go: soon, with the next append or sync. */
void spool_ack(struct spool *spool, uint64_t seq);
/* Acks that wait. */
size_t spool_acks(struct spool *spool);

struct spool_status {
    uint64_t records, logs, bytes,
        max_bytes;                  /* what is there; acked ones until the ack is written */
    uint64_t last_seq;              /* ever seen; 0: none */
    uint64_t oldest_wall_ns;        /* 0: empty */
    uint64_t bad_records, bad_logs; /* damaged since it was opened */
    uint64_t file_bytes;
    uint64_t refusals;                /* how often it was full */
    char error[SPOOL_ERROR_TEXT_MAX]; /* why, the last time; "" when the last write was good */
};
void spool_get_status(struct spool *spool, struct spool_status *ret_status);

/* What lies in a folder whose spool is not open; nothing there is changed. 0; -EBADMSG:
 * it is damaged, only file_bytes is known; another -errno as with spool_open. */
int spool_look(
    const struct spool_spec *spec, struct spool_status *ret_status, char *why, size_t why_max);
/* Removes one that is not open, with what it had in quarantine, and its folder. 0 or -errno. */
int spool_delete(const struct spool_spec *spec, char *why, size_t why_max);

#endif
