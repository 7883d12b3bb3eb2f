/*
 * Where the plugin under test delivers to, and what has arrived there. [control]
 */
#ifndef KIT_SINK_H
#define KIT_SINK_H

#include "base/buf.h"
#include "kit/server.h"
#include "kit/settings.h"
#include "kit/trial.h"

/* The port of the scripted server on 127.0.0.1; 1 if none runs (nothing listens there). */
unsigned sink_port(const struct sink_page *page);

/* How the scripted server behaves from now on; waits until it does. Ends the trial as
 * lacking if there is none: "needs an http or tcp sink". */
void sink_behave(struct trial *trial, enum server_mode mode);
/* It answers every request with that HTTP status, and Retry-After if not 0. */
void sink_answer(struct trial *trial, unsigned status, unsigned retry_after_s);

/* The scripted server closes the connections it has, as it would idle ones; this process has
 * heard of it then. */
void sink_hang_up(struct trial *trial);

/* Makes the destination fail, whatever the sink is: the server answers 500, a folder
 * stands where the file was or should be. False: there is no sink, or none that can be made to. */
bool sink_break(struct trial *trial);

/* Which sink the class has. */
enum sink_kind sink_kind(const struct trial *trial);

/* Ends the trial when no scripted server runs: there is nothing to be found out if the class
 * delivers elsewhere, or uses no network; else something is lacking. */
void sink_need_peer(struct trial *trial);
/* The same, and when it does not speak HTTP. */
void sink_need_http(struct trial *trial);

/* All bytes that have arrived, to the end of `out`. Ends the trial as lacking when the
 * sink cannot be read. */
void sink_read(struct trial *trial, struct buf *out);

#endif
