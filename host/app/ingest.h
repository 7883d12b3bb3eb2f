/*
 * The ingest loops: a few threads, each with an event loop and its shared inotify
 * table, on which pipelines read and process. [control]
 */
#ifndef APP_INGEST_H
#define APP_INGEST_H

#include "pipeline/pipeline.h"

#define INGEST_LOOPS_MAX 4u /* threads */

struct ingest;

/* For `wanted` threads, at least one; they do not run yet. NULL with words in `why`. */
struct ingest *ingest_create(unsigned wanted, char *why, size_t why_max);
/* Starts the threads, unless they run: what was made on the loops until then runs. 0, or
 * -1 with words. */
int ingest_start(struct ingest *ingest, char *why, size_t why_max);
/* Ends the threads: what is on the loops is the caller's again. */
void ingest_stop(struct ingest *ingest);
/* No pipeline may be left on them. */
void ingest_destroy(struct ingest *ingest);
/* Where the next pipeline goes: in turn. */
struct pipeline_place ingest_place(struct ingest *ingest);

#endif
