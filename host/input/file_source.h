/* The acknowledgement of one file: what its ranges report to, and the checkpoint that
 * is written from it. Outlives the input while ranges are out. */
#ifndef INPUT_FILE_SOURCE_H
#define INPUT_FILE_SOURCE_H

#include "event/range.h"
#include "input/checkpoints.h"

struct file_source {
    struct ack_source ack;
    struct checkpoint *checkpoint; /* NULL: nothing is remembered */
};

/* `spec->source` is filled here; `checkpoints` may be NULL. [loop] */
struct file_source *file_source_create(
    struct checkpoints *checkpoints, struct checkpoint_spec *spec, const uint64_t *positions);
/* Frees it, now or when its last range has gone. NULL is fine. [loop] */
void file_source_close(struct file_source *source);

#endif
