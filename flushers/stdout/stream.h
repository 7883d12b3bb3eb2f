/*
 * The standard output, of which a process has one: all instances share it, one batch
 * at a time. A batch that was written in part goes on where it stopped.
 */
#ifndef STDOUT_STREAM_H
#define STDOUT_STREAM_H

#include <stddef.h>
#include <stdint.h>

/* What an instance could not write yet. Zeroed: nothing. */
struct stream_rest {
    uint64_t batch_id;
    size_t size; /* bytes of the whole batch; 0 = nothing is left over */
    size_t done; /* bytes of it that were written */
};

/* Writes the lines of a batch. 0; or -errno, with what is left noted in `rest`: called
 * again with the same batch it writes that only (from the start of a line, if others have
 * written since). -EAGAIN when nobody reads for a second, -EBUSY when another instance
 * has been writing for that long. [any] */
int stream_write(struct stream_rest *rest, uint64_t batch_id, const char *data, size_t size);

#endif
