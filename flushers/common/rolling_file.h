/*
 * A file that is appended to whole or not at all, and rolled to NAME.1, NAME.2, ...
 * (the higher the older) when it gets large.
 *
 * Several of these, also in several processes, may append to one file: each holds
 * its lock (flock) while it works on it. Other programs must leave the file alone,
 * but may move or remove it at any time.
 *
 * What is no regular file (a FIFO, /dev/null) is only written to: never locked, cut
 * or rolled. One thread at a time for one of these.
 */
#ifndef COMMON_ROLLING_FILE_H
#define COMMON_ROLLING_FILE_H

#include <stdbool.h>
#include <sys/types.h>
#include <weir/host.h>

struct rolling_file {
    const struct weir_host *host;
    const char *path;   /* borrowed */
    uint64_t max_size;  /* bytes; 0 = never rolled */
    uint64_t max_files; /* rolled files that are kept; 0 = all */
    bool durable;       /* rolled files and names of new files are synced as well */

    /* Private. */
    int fd; /* -1 = not open */
    bool regular;
    bool dirty;    /* something was written and not synced */
    bool mid_line; /* not regular, and the last write ended within a line */
    dev_t device;
    ino_t inode;
    off_t size;      /* bytes, since the lock is held */
    off_t whole;     /* a size at which the file is known to end in a whole line; -1 = none */
    off_t undo_from; /* with undo_to: what could not be taken back yet; equal = nothing */
    off_t undo_to;
};

/* Before first use, behind the members down to `durable`. Opens nothing. */
void rolling_file_init(struct rolling_file *file);

/* Appends whole lines, and syncs them if `sync`; if anything of it fails the file is
 * as it was. Opens the file when it is not open or somebody moved it, making parent
 * folders; rolls it when it would exceed max_size. A regular file that does not end in
 * '\n' is first cut back behind the last one it has, which is logged. 0 or -errno;
 * -EAGAIN when another one holds the lock for long. */
int rolling_file_append(struct rolling_file *file, const char *data, size_t size, bool sync);

/* Brings everything to the disk. 0 or -errno. */
int rolling_file_sync(struct rolling_file *file);

/* Syncs what is `durable`, without a result. Nothing to do when it is not open. */
void rolling_file_close(struct rolling_file *file);

#endif
