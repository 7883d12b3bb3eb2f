/*
 * How far files have been read, remembered across restarts. One store for the
 * process: an LMDB environment in its data folder, written by one thread of its
 * own, which never makes a loop wait: after 4 MiB of newly secured data, or 200 ms
 * after the first of it.
 *
 * What survives: a commit lives through kill -9 from its end on. It is synced but for
 * the page that names it (MDB_NOMETASYNC), so after a crash of the machine the last
 * commit may be missing, which means reading a little again; the store stays whole.
 * [any] unless said otherwise
 */
#ifndef INPUT_CHECKPOINTS_H
#define INPUT_CHECKPOINTS_H

#include <stdbool.h>
#include <stddef.h>
#include "event/range.h"
#include "input/checkpoint_record.h"

#define CHECKPOINTS_INTERVAL_NS 200000000ULL
#define CHECKPOINTS_BYTES ((uint64_t)4 << 20)
/* What the last write may take at the end. */
#define CHECKPOINTS_CLOSE_NS (5 * NS_PER_S)
/* A write that takes longer is told of. */
#define CHECKPOINTS_HANG_NS (5 * NS_PER_S)
/* Entries of files that have not been seen this long, and are not where they were,
 * are forgotten. */
#define CHECKPOINTS_KEEP_S (7ULL * 24 * 3600)

#define CHECKPOINTS_E_UNKNOWN 1

struct checkpoints;
struct checkpoint;

/* `folder` is made when it is missing. An environment that is damaged is renamed to
 * <folder>.bad-<time>, loudly, and an empty one begun. NULL with words in `why` when
 * there can be none (permissions, disk, a network file system). Once per process and folder.
 * [control] */
struct checkpoints *checkpoints_open(const char *folder, char *why, size_t why_max);
/* Writes what is left, unless the disk hangs: then false. What is noted afterwards is not
 * written any more. NULL is fine. Once. [control] */
bool checkpoints_end(struct checkpoints *checkpoints);
/* Ends, and frees. Checkpoints that are still open (a flusher hangs) stay usable, but nothing
 * of them is written any more. NULL is fine. [control] */
void checkpoints_close(struct checkpoints *checkpoints);
const char *checkpoints_folder(const struct checkpoints *checkpoints);

/* One file that is being read. */
struct checkpoint_spec {
    struct checkpoint_key key;
    const char *path; /* copied, as all here but `source` */
    struct fingerprint print;
    uint64_t born_ns;
    const char *const *lanes; /* names, by number */
    uint32_t n_lanes;
    struct ack_source *source; /* where positions are asked; lives until checkpoint_close */
    bool continues;            /* its positions are what checkpoints_find told */
};

/* Notes the file, which is written at once, or is there already if it `continues`. Another may
 * still be open with the same key: the input was made anew by a reload, and what the one before has
 * read is still with its lanes. If this one continues it, a lane's position stays that of the older
 * one until all of that is secured; else the older one is written no more. */
struct checkpoint *checkpoint_open(
    struct checkpoints *checkpoints, const struct checkpoint_spec *spec);
/* Whether it is in the store (or could not be put there): what is delivered before may
 * be all that is ever found of a file that is renamed while the process is dead. */
bool checkpoint_is_noted(struct checkpoint *checkpoint);
/* The last positions are written soon. NULL is fine. */
void checkpoint_close(struct checkpoint *checkpoint);
/* Nothing of it will be needed again: closing it takes it out of the store. */
void checkpoint_forget(struct checkpoint *checkpoint);
/* Positions of the source have grown. */
void checkpoint_touch(struct checkpoint *checkpoint);
/* The file is known better, or by another name. */
void checkpoint_describe(
    struct checkpoint *checkpoint, const char *path, const struct fingerprint *print);

/* What is known of a file, written or not, and where each lane is to go on reading:
 * at what is secured; but where it is open still, at the end of what was read and has
 * not been given back. `value` holds the memory of the record. 0; CHECKPOINTS_E_UNKNOWN;
 * or -errno: it cannot be told now. A store that was damaged while it was open knows nothing,
 * as one that is begun anew after it. */
int checkpoints_find(struct checkpoints *checkpoints, const struct checkpoint_key *key,
    struct buf *value, struct checkpoint_record *ret_record);

/* Calls `visit` for every file of one reader (pipeline and input), written or not. It must
 * not call back into the store. 0, or -errno as above: then not for all. */
int checkpoints_each(struct checkpoints *checkpoints, const char *pipeline, const char *input,
    void (*visit)(
        void *context, const struct checkpoint_key *key, const struct checkpoint_record *record),
    void *context);

#endif
