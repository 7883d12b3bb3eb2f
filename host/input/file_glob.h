/* Files by pattern. A component of a path may hold *, ? and [a-z]; a component ** stands
 * for any folders, down to a depth. Hidden names are matched like others. */
#ifndef INPUT_FILE_GLOB_H
#define INPUT_FILE_GLOB_H

#include <limits.h>
#include <stdbool.h>
#include <sys/stat.h>

struct glob_visitor {
    /* Whether to look into a folder, and below it. NULL: into all. */
    bool (*enter)(struct glob_visitor *self, const char *path);
    /* A folder in which matches may appear. */
    void (*folder)(struct glob_visitor *self, const char *path);
    /* A regular file that matches; symbolic links are followed. */
    void (*file)(struct glob_visitor *self, const char *path, const struct stat *status);
    /* A folder that is there could not be looked into, for this errno. May be NULL. */
    void (*failed)(struct glob_visitor *self, const char *path, int error);
    /* Set when a folder could not be looked into for want of descriptors or memory, or
     * because its disk failed: what was not visited may be there all the same. */
    bool incomplete;
};

/* Walks the file system; `pattern` is absolute. ** covers up to `max_depth` folders, and
 * does not go through symbolic links. */
void glob_walk(const char *pattern, unsigned max_depth, struct glob_visitor *visitor);

/* As max_depth: any number of folders. */
#define GLOB_DEPTH_ANY UINT_MAX

/* Whether a path would be visited, by its text alone; `enter` is not asked. */
bool glob_matches(const char *pattern, unsigned max_depth, const char *path);

#endif
