/*
 * An LMDB environment whose files were deleted while it is open: all of it is still there,
 * in the map, and can be written to where it was. [any]
 */
#ifndef BASE_LMDB_RESTORE_H
#define BASE_LMDB_RESTORE_H

#include <lmdb.h>
#include <stdbool.h>

/* Whether its file is not in the folder any more. */
bool lmdb_is_deleted(const char *folder);
/* Makes the folder and puts a copy there, whole at once; the environment is then to be
 * opened again. 0, or a number of LMDB's or errno's. */
int lmdb_restore(MDB_env *env, const char *folder);

#endif
