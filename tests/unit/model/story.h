/*
 * A story: the settings of a pipeline and a list of operations on it, made from a seed. It
 * can be written as a script and read back, and shrunk: what it can do without, to fail, is
 * deleted. Knows nothing of what the operations do.
 */
#ifndef TESTS_UNIT_MODEL_STORY_H
#define TESTS_UNIT_MODEL_STORY_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#define STORY_LANES_MAX 2u
#define STORY_OPS_MAX 40u
#define STORY_WRITE_MAX 40u /* lines of one operation */

/* All but those on the file start the pipeline's process if it does not run. */
enum op_kind {
    OP_WRITE,          /* n lines are added to the file */
    OP_ROTATE,         /* the file is renamed, and a new one begun */
    OP_SINK,           /* n percent of a lane's batches are taken from now on */
    OP_REST,           /* n ms */
    OP_SYNC,           /* all is delivered, and known to be after a crash */
    OP_RELOAD,         /* the pipeline is replaced by one with the same lanes */
    OP_CRASH,          /* kill -9 */
    OP_CRASH_IN_FLUSH, /* a lane's next batch is taken, and nobody will ever know */
    OP_STOP,           /* an orderly end, with n ms to deliver what is left */
    OP_N_KINDS,
};

struct op {
    enum op_kind kind;
    uint32_t lane; /* OP_SINK, OP_CRASH_IN_FLUSH */
    uint32_t n;
};

struct story_lane {
    bool concurrent;            /* the flusher's class; then order is not kept, */
    bool pends;                 /* and it may settle batches later */
    bool marks;                 /* the flusher rejects and retries single logs */
    uint32_t spool, durability; /* enum spool_mode, enum spool_durability */
    uint32_t spool_kib;
    uint32_t queue_groups;
    uint32_t circuit;  /* failures in a row that open it; 0: never */
    uint32_t attempts; /* until a batch is given up; 0: no limit */
};

struct story {
    uint64_t seed;
    uint32_t line_bytes;
    uint32_t n_lanes, n_ops;
    struct story_lane lanes[STORY_LANES_MAX];
    struct op ops[STORY_OPS_MAX];
};

/* xorshift; the state must not be 0. */
uint64_t story_random(uint64_t *state);
uint32_t story_below(uint64_t *state, uint32_t n);

void story_make(struct story *story, uint64_t seed, uint32_t n_ops);

/* The script; to be freed. */
char *story_write(const struct story *story);
/* False: the script is wrong; *ret_line says where. Lines that begin with # are passed over. */
bool story_read(struct story *story, const char *script, uint32_t *ret_line);

/* Deletes operations, then lanes, and makes numbers and settings plain, as long as it still
 * fails by `fails`, which is asked at most `tries` times. Returns how often it was asked. */
uint32_t story_shrink(struct story *story, uint32_t tries,
    bool (*fails)(void *context, const struct story *story), void *context);

#endif
