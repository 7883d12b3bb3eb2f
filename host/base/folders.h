/* Making folders. [any] */
#ifndef BASE_FOLDERS_H
#define BASE_FOLDERS_H

#include <sys/types.h>

/* Makes the folder and those above it that are missing, with that mode; each lasts, as with
 * folder_make. 0 or -errno. */
int folders_make(const char *path, mode_t mode);

/* Makes one, unless it is there, and sees that its name is on the disk before anything that
 * must last is put into it: a file can be synced and gone when the machine fails, as long as
 * its folder's name is not. 0; or -errno, and then none was made. */
int folder_make(const char *path, mode_t mode);

/* Sees that the names in the folder are on the disk, where its file system can. 0 or -errno. */
int folder_sync(const char *path);

#endif
