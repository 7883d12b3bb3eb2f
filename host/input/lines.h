/*
 * Bytes in, batches of whole lines out. Reads go straight into blocks; a line's
 * value is a slice of its block, without the newline. What is not a whole line
 * yet is held, and carried to the front of the next block. Belongs to one loop.
 */
#ifndef INPUT_LINES_H
#define INPUT_LINES_H

#include "event/batch.h"

/* Bytes of an ordinary block when there is much to read. */
#define LINES_BLOCK_BYTES ((size_t)512 << 10)
/* A longer line is cut into pieces of this many bytes. */
#define LINES_LINE_MAX_BYTES ((size_t)16 << 20)

/* Where newlines stand, while a read is taken apart; one for a loop's inputs. */
struct lines_scratch {
    uint32_t *ends;
    size_t capacity;
};
void lines_scratch_finish(struct lines_scratch *scratch);

/* Zeroed but for `memory` and `scratch`: nothing is held. */
struct lines {
    struct memory *memory;
    struct lines_scratch *scratch;
    struct block *block; /* NULL: nothing is held */
    size_t start, end;   /* bytes in the block: the line that is held */
    bool nanoseconds;    /* logs get the nanoseconds of their time */
    uint64_t n_cut;      /* lines that were too long, so far */
};

void lines_finish(struct lines *lines);

/* Room, of at least one byte, for the next read; `expected` is how many bytes will
 * probably come. What was there before stays in place, or moves to a new block. */
char *lines_room(struct lines *lines, size_t expected, size_t *ret_size);
/* `size` bytes were put there. The lines that are whole now; NULL: none. */
struct batch *lines_take(struct lines *lines, size_t size);
/* What is held, as the last line; NULL: nothing is held. */
struct batch *lines_rest(struct lines *lines);
/* Nothing will come for a while: what is held moves to a block of its size. */
void lines_pause(struct lines *lines);

static inline size_t lines_held(const struct lines *lines)
{
    return lines->end - lines->start;
}

#endif
