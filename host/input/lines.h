/*
 * Bytes in, batches of logs out. Reads go straight into blocks; a log's value is a slice
 * of its block, without the last newline. What is not a whole log yet is held, and
 * carried to the front of the next block. Belongs to one loop.
 *
 * A line is a log, and that way is short (lines.c). Rules that ask for more, several
 * lines in a log, another encoding, a small limit, take the longer way (records.c).
 */
#ifndef INPUT_LINES_H
#define INPUT_LINES_H

#include "base/buf.h"
#include "event/batch.h"
#include "input/multiline.h"

struct gbk; /* input/gbk.h */

/* Bytes of an ordinary block when there is much to read. */
#define LINES_BLOCK_BYTES ((size_t)256 << 10)
/* What a log may have unless the rules say otherwise; bytes. */
#define LINES_LOG_MAX_BYTES ((size_t)16 << 20)

/* What becomes of a log that is longer than it may be. */
enum lines_excess {
    LINES_SPLIT,    /* it comes in pieces */
    LINES_TRUNCATE, /* its first piece comes, the rest is left out */
};

/* How bytes become logs; the same for all files of an input. */
struct lines_rules {
    size_t max_bytes; /* of a log */
    enum lines_excess excess;
    struct multiline *multiline; /* NULL: a line is a log */
    const struct gbk *gbk;       /* NULL: bytes come as they are */
    bool spans;                  /* the places of logs are wanted, lines_span() */
};
/* A line is a log, up to LINES_LOG_MAX_BYTES; longer ones are split. */
extern const struct lines_rules lines_plain;

/* A log's place in its block. */
struct lines_span {
    uint32_t start, end; /* bytes */
};

/* What is found while a read is taken apart; one for a loop's inputs. */
struct lines_scratch {
    uint32_t *ends; /* newlines */
    size_t n_ends, cap_ends;
    struct lines_span *spans; /* by log, of the newest batch, if the rules want spans */
    size_t n_spans, cap_spans;
    struct buf text; /* a line in UTF-8 */
};
void lines_scratch_finish(struct lines_scratch *scratch);

/* What has happened to logs, since somebody looked and set it to zero. */
struct lines_counts {
    uint64_t cut;       /* logs that were too long */
    uint64_t left_out;  /* lines, by Multiline's UnmatchedContentTreatment */
    uint64_t too_hard;  /* lines, for an expression */
    uint64_t bad_bytes; /* not of the encoding, replaced */
};

/* Zeroed but for `memory`, `rules` and `scratch`: nothing is held. */
struct lines {
    struct memory *memory;
    const struct lines_rules *rules;
    struct lines_scratch *scratch;
    struct block *block; /* NULL: nothing is held */
    size_t start, end;   /* bytes in the block: what is held */
    size_t read_max;     /* bytes of the next read, as the last gave very many logs; 0: any */
    bool nanoseconds;    /* logs get the nanoseconds of their time */
    struct lines_counts counts;

    /* About what is held; records.c. */
    size_t judged;                  /* bytes of it that are lines looked at already */
    struct multiline_state state;   /* behind those */
    bool rest;                      /* it is not the first piece of its log */
    bool rest_of_line;              /* what is not judged yet is not, of its line */
    bool leaving_out;               /* the rest of its log is not wanted */
    struct multiline_state resumed; /* if it is a rest: the state at its first byte */
    bool resumed_in_line;           /* and whether that is inside a line */
};

void lines_finish(struct lines *lines);

/* Room, of at least one byte, for the next read; `expected` is how many bytes will
 * probably come. What was there before stays in place, or moves to a new block. */
char *lines_room(struct lines *lines, size_t expected, size_t *ret_size);
/* `size` bytes were put there that are of no log, and nothing is held. */
static inline void lines_pass_over(struct lines *lines, size_t size)
{
    lines->start += size;
    lines->end += size;
}

/* `size` bytes were put there. The logs that are whole now; NULL: none. */
struct batch *lines_take(struct lines *lines, size_t size);
/* What is held, as the last log or logs; NULL: there is none. */
struct batch *lines_rest(struct lines *lines);
/* Nothing will come for a while: what is held moves to a block of its size. */
void lines_pause(struct lines *lines);
/* What is held is let go; the same bytes will come again. */
void lines_let_go(struct lines *lines);

static inline size_t lines_held(const struct lines *lines)
{
    return lines->end - lines->start;
}

#endif
