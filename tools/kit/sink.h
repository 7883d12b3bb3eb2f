/*
 * Where the plugin under test delivers to, and what has arrived there. [control]
 */
#ifndef KIT_SINK_H
#define KIT_SINK_H

#include "base/buf.h"
#include "kit/trial.h"

/* The port of the scripted server on 127.0.0.1; 1 if none runs (nothing listens there). */
unsigned sink_port(const struct sink_page *page);

/* Which sink the class has. */
unsigned sink_kind(const struct trial *trial);

/* All bytes that have arrived, to the end of `out`. Ends the trial as lacking when the
 * sink cannot be read. */
void sink_read(struct trial *trial, struct buf *out);

#endif
