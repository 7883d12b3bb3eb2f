/* Making folders. [any] */
#ifndef BASE_FOLDERS_H
#define BASE_FOLDERS_H

#include <sys/types.h>

/* Makes the folder and those above it that are missing, with that mode. 0 or -errno. */
int folders_make(const char *path, mode_t mode);

#endif
