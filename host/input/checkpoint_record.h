/* The stored form of a checkpoint: a key of fixed size, and a value that carries its own
 * checksum. Pure. */
#ifndef INPUT_CHECKPOINT_RECORD_H
#define INPUT_CHECKPOINT_RECORD_H

#include <stdbool.h>
#include <weir/abi.h>
#include "base/buf.h"
#include "event/range.h"
#include "input/fingerprint.h"

/* One file as one input of one pipeline reads it. */
struct checkpoint_key {
    uint64_t reader[2]; /* hash of pipeline and input */
    uint64_t device, inode;
};

struct checkpoint_key checkpoint_key_of(
    const char *pipeline, const char *input, uint64_t device, uint64_t inode);
bool checkpoint_key_equal(const struct checkpoint_key *a, const struct checkpoint_key *b);

/* What is known of a file. Texts point into the value it was read from. */
struct checkpoint_record {
    struct weir_str path;
    struct fingerprint print;
    uint64_t born_ns; /* when its inode was made; 0: the file system does not say */
    uint64_t saved_s; /* wall clock */
    uint32_t n_lanes;
    struct weir_str lanes[RANGE_LANES_MAX]; /* names */
    uint64_t positions[RANGE_LANES_MAX];    /* bytes */
};

void checkpoint_encode(const struct checkpoint_record *record, struct buf *value);
/* False when the value is damaged or of another version. */
bool checkpoint_decode(const void *value, size_t size, struct checkpoint_record *ret_record);

/* Where the lanes of now continue: each at its own position; one that is not in the
 * record at the smallest of those that are (of all, when none is). */
void checkpoint_positions(const struct checkpoint_record *record, const char *const *lanes,
    uint32_t n_lanes, uint64_t *ret_positions);

#endif
