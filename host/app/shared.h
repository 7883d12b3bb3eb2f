/*
 * What the pipelines of the process share: memory, workers, and the stores in the data
 * folder. Made and freed together. [control]
 */
#ifndef APP_SHARED_H
#define APP_SHARED_H

#include "pipeline/pipeline.h"

/* Makes all members but `ended` and `owner`; what is given is borrowed. 0; else -1, told of in
 * the log: what was made is still to be freed. */
int shared_open(struct pipeline_shared *shared, struct registry *registry, const char *data_dir,
    const struct host_facts *host, bool once);
/* When no pipeline is left, but for what hangs (`hanging`): what that uses stays. Whether
 * anything hangs. */
bool shared_close(struct pipeline_shared *shared, bool hanging);

/* Of the machine, at least one. */
unsigned n_cores(void);

#endif
