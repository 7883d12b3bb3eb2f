/*
 * The model of what lies around a pipeline: a file of numbered lines with its generations,
 * a sink for each lane that counts what arrives, and what would come again after a crash, as
 * it lies on the disk in checkpoints and spools. The sinks run in the process that runs the
 * pipeline, all else in its parent, so its counts outlive a kill -9.
 *
 * What it holds against the pipeline, for every lane:
 *
 * - in a life a line arrives at most as often as the disk had it at its start: once for each
 *   record of the spool, and once if it lies behind the position in its file;
 * - when a process has ended, a line that has not arrived is on the disk;
 * - what had arrived before a sync, or before an orderly stop that needs nothing of its file
 *   any more, is not; else it is there as often as at the start, and once more if
 *   it came from the file, for it may have been spooled since. The sum of that is the bound
 *   of the duplicates of a crash;
 * - a batch's attempt is one more than the times its lines were refused in that life, or
 *   since the reload, and a line is given up only at the limit;
 * - lines of a generation of the file first arrive in order, where that is promised.
 */
#ifndef TESTS_UNIT_MODEL_WORLD_H
#define TESTS_UNIT_MODEL_WORLD_H

#include <stdatomic.h>
#include "config/pipeline_config.h"
#include "model/story.h"

#define WORLD_LINES_MAX (STORY_OPS_MAX * STORY_WRITE_MAX)
#define WORLD_FILES_MAX (STORY_OPS_MAX + 1)

/* A line, as one lane's sink knows it. */
struct seen {
    uint32_t delivered, rejected; /* ever */
    uint32_t this_life;           /* the sum of both */
    uint32_t refused;             /* in this life, by flushers of `generation` */
    uint64_t generation;          /* grows with each reload */
    uint32_t refused_most;        /* of all of them */
    uint32_t in_spool, in_file;   /* how often the disk had it at the start of this life */
    bool safe;                    /* it may not arrive again */
};

/* Memory that the processes of a story share. */
struct world {
    struct story story;
    char folder[64];
    uint32_t n_lines, n_files;
    struct {
        uint64_t inode;
        uint32_t first_line;
        uint64_t bytes;
    } files[WORLD_FILES_MAX];
    uint64_t ends[WORLD_LINES_MAX]; /* in its file; bytes */
    uint32_t file_of[WORLD_LINES_MAX];

    struct sink_state {
        uint64_t random;
        _Atomic uint32_t good_percent;
        atomic_bool crash_in_flush;
        struct seen seen[WORLD_LINES_MAX];
    } sinks[STORY_LANES_MAX];
    uint64_t bound;      /* of duplicates: for all crashes so far */
    atomic_bool crashed; /* in a flush, as it was told to */
    _Atomic uint32_t failed;
    char failure[256]; /* the first; "" when all is well */
};

/* Begins one in a folder that is empty. */
void world_begin(struct world *world, const struct story *story, const char *folder);
/* Notes what is wrong, unless something is already. */
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The file's side. */
void world_write(struct world *world, uint32_t n_lines);
void world_rotate(struct world *world);

/* The sink's side, in the process that runs the pipeline. What script the lane's flusher
 * gets; one for each lane, as a flusher knows nothing of where it stands. */
struct script;
void world_script(
    struct world *world, uint32_t lane, uint64_t generation, struct script *ret_script);

/* Whether a lane's sink has had the line, for good. */
bool world_is_settled(const struct world *world, uint32_t lane, uint32_t line);
bool world_all_settled(const struct world *world);

/* Looks at a copy of what lies on the disk. */
struct on_disk {
    uint32_t in_spool[STORY_LANES_MAX][WORLD_LINES_MAX];
    bool in_file[STORY_LANES_MAX][WORLD_LINES_MAX];
};
void world_look(const struct world *world, struct on_disk *ret);
/* Whether nothing that has been settled would come again. */
bool world_is_clean(const struct world *world, const struct on_disk *disk);

/* A process has ended: holds what is on the disk against what it has done, and begins the
 * next life. */
void world_end_life(struct world *world, bool orderly);
/* After a sync: what has been settled is safe. */
void world_note_sync(struct world *world);
/* Arrivals beyond the first. */
uint64_t world_duplicates(const struct world *world);

/* The names of the lanes, as the pipeline has them. Static. */
const char *world_lane_name(const struct world *world, uint32_t lane);

#endif
