/* The folder a file lies in. */
#ifndef COMMON_FOLDERS_H
#define COMMON_FOLDERS_H

/* Makes the missing folders above the file, mode 0755. 0 or -errno. */
int folders_make(const char *path);

/* Whether the file could be appended to, or made with its folders; changes nothing.
 * 0 or -errno. */
int folders_allow(const char *path);

/* Brings the name of a new file to the disk. 0 or -errno. */
int folders_sync(const char *path);

#endif
