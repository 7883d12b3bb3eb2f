/* Waiting for what a pipeline has in its lanes: asleep until they say that it is gone. */
#ifndef PIPELINE_DRAIN_H
#define PIPELINE_DRAIN_H

#include "pipeline/pipeline.h"

/* After pipeline_stop_inputs: until all is settled, or nothing has been for `patience_ns`.
 * Whether all is. [any thread but the pipeline's loop] */
bool pipeline_drain(struct pipeline *pipeline, uint64_t patience_ns);

#endif
