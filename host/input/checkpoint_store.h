/* The LMDB environment behind checkpoints: keys and values, no meaning. One at a time
 * per folder in a process. Return values: 0, or an error of LMDB's or an errno. */
#ifndef INPUT_CHECKPOINT_STORE_H
#define INPUT_CHECKPOINT_STORE_H

#include <lmdb.h>
#include <pthread.h>
#include "input/checkpoint_set.h"

/* What the file may grow to; bytes. Some 100,000 files are far below it. */
#define CHECKPOINT_STORE_MAX_BYTES ((size_t)256 << 20)

struct checkpoint_store {
    char *folder;
    pthread_rwlock_t lock; /* held for writing while the environment is opened again */
    MDB_env *env;          /* NULL: it could not be */
    MDB_dbi dbi;
};

/* Opens and reads all of it once; damage of any kind is an error. */
int checkpoint_store_open(struct checkpoint_store *store, const char *folder);
void checkpoint_store_close(struct checkpoint_store *store);
/* If its files were deleted they are put back, which is told. 0, or the error. */
int checkpoint_store_restore(struct checkpoint_store *store);
/* Whether an error means damage, rather than a problem of disk, memory or rights, which may
 * pass. */
bool checkpoint_store_is_damage(int error);

/* Writes all, in one transaction; empty values are removed. */
int checkpoint_store_put(struct checkpoint_store *store, const struct checkpoint_set *set);
/* Appends the value of a key; MDB_NOTFOUND when there is none. */
int checkpoint_store_get(
    struct checkpoint_store *store, const struct checkpoint_key *key, struct buf *value);
/* Every record whose key has that reader. `visit` must not call back into the store. */
int checkpoint_store_each(struct checkpoint_store *store, const uint64_t reader[2],
    void (*visit)(
        void *context, const struct checkpoint_key *key, const struct checkpoint_record *record),
    void *context);
/* Removes records that cannot be read, and those saved before `before_s` (wall clock)
 * whose file is no longer at its path. */
int checkpoint_store_clean(struct checkpoint_store *store, uint64_t before_s, size_t *ret_removed);

#endif
