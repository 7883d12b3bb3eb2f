/*
 * A file that batches are appended to whole or not at all, and that is rolled
 * to NAME.1, NAME.2, ... (the higher the older) when it gets large.
 *
 * What is no regular file (a FIFO, /dev/null) is only written to: never cut,
 * never rolled. Errors are returned as -errno. One thread at a time.
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

    int fd; /* -1 = not open */
    bool regular;
    bool to_restore;  /* there is something behind start_size that must go */
    off_t start_size; /* bytes, when the batch began */
    bool mid_line;    /* not regular, and the last write ended within a line */
    dev_t device;
    ino_t inode;
};

/* Before first use, behind the members down to `durable`. Opens nothing. */
void rolling_file_init(struct rolling_file *file);

/* Starts a batch of about `expected` bytes (0 = unknown): opens the file when
 * it is not open or somebody moved it, making parent folders, and rolls it when
 * it would exceed max_size. A regular file that does not end in '\n' when opened
 * is cut back behind the last one it has, which is logged. 0 or -errno. */
int rolling_file_begin(struct rolling_file *file, uint64_t expected);

/* Appends; if that fails, all since rolling_file_begin() is taken back. 0 or -errno. */
int rolling_file_write(struct rolling_file *file, const char *data, size_t size);

/* Brings everything to the disk; takes nothing back. 0 or -errno. */
int rolling_file_sync(struct rolling_file *file);

/* Takes back all since rolling_file_begin(). */
void rolling_file_undo(struct rolling_file *file);

void rolling_file_close(struct rolling_file *file);

#endif
