/*
 * What the files of the spool share: spool.c (opening, closing, damage), spool_write.c
 * (append, sync, ack), spool_peek.c (reading, quarantine), spool_look.c (spools that are
 * not in use).
 */
#ifndef DELIVERY_SPOOL_PRIVATE_H
#define DELIVERY_SPOOL_PRIVATE_H

#include <pthread.h>
#include "base/log.h"
#include "delivery/spool.h"
#include "delivery/spool_env.h"

struct spool {
    char *folder;
    int lock_fd;
    bool synced;

    /* Held for reading by whoever uses `env`, for writing while it is exchanged. Taken
     * before the other locks. */
    pthread_rwlock_t env_lock;
    struct spool_env env;
    pthread_mutex_t write_lock; /* one writer at a time; before `lock` */

    pthread_mutex_t lock; /* of all below; never held while anything is written */
    bool damaged;         /* found while reading: begun anew at the next write */
    uint64_t *acked;      /* seqs that wait to be removed */
    size_t n_acked, cap_acked;
    uint64_t quarantine_bytes;
    struct spool_status status;
    struct log_limit complaint;
};

/* Closed, with no folder taken. */
struct spool *spool_create(const struct spool_spec *spec);
/* Makes the folder when it is missing, and locks it. 0 or -errno. */
int spool_take_folder(struct spool *spool, char *why, size_t why_max);
/* Whatever it has is let go of. */
void spool_destroy(struct spool *spool);
/* Whether what lies there can be given to LMDB. 0, MDB_CORRUPTED or an errno. */
int spool_check(const struct spool *spool);
/* After LMDB has failed to write its root page it refuses all work; opened again, the
 * environment is as after a crash: whole. env_lock is held for reading, and is not in
 * between. 0, or a number of LMDB's or errno's, and then it is closed. */
int spool_reopen(struct spool *spool);
/* The environment is exchanged for an empty one; the old is kept aside. */
void spool_begin_anew(struct spool *spool, int error);
/* Puts back what was deleted under it. 0, or a number of LMDB's or errno's. */
int spool_restore(struct spool *spool);
/* Counts what is there. */
int spool_scan(struct spool *spool);

#endif
