/* The LMDB environment behind a spool: its two tables, opening, and what its errors mean.
 * What is opened has passed base/lmdb_check.
 * Results: 0, or a number of LMDB's or errno's. */
#ifndef DELIVERY_SPOOL_ENV_H
#define DELIVERY_SPOOL_ENV_H

#include <lmdb.h>
#include <stdbool.h>
#include <stdint.h>

struct spool_env {
    MDB_env *env;   /* NULL: closed */
    MDB_dbi index;  /* seq -> spool_info */
    MDB_dbi pieces; /* seq, piece -> content */
};

/* `max_bytes` is what live records may take; the file may be larger. */
int spool_env_open(struct spool_env *env, const char *folder, uint64_t max_bytes, bool synced);
/* To look only: nothing but missing space at the file's end is written. Nobody else may
 * have it open. */
int spool_env_look(struct spool_env *env, const char *folder);
void spool_env_close(struct spool_env *env);
int spool_env_configure(struct spool_env *env, uint64_t max_bytes, bool synced);

/* What an error is about. The disk (or the size of the map): nothing is changed, and the
 * same may work later (MDB_PANIC: once it is opened again). Damage: the environment is of no use
 * any more. The rest (memory, descriptors, rights) concerns neither. */
bool spool_env_is_full(int error);
bool spool_env_is_damage(int error);

uint64_t spool_env_file_bytes(struct spool_env *env);

#endif
