/* One write to a lane's spool: groups, encoded and appended together. */
#ifndef DELIVERY_LANE_SPOOL_JOB_H
#define DELIVERY_LANE_SPOOL_JOB_H

#include <weir/buffer.h>
#include "delivery/lane_spool.h"

/* A reference to each group, and what to send of it. */
struct spool_job {
    uint32_t n;
    size_t bytes;
    struct hold holds[LANE_SPOOL_WRITE_GROUPS_MAX];
    const struct weir_group *views[LANE_SPOOL_WRITE_GROUPS_MAX];
    uint64_t wall_ns[LANE_SPOOL_WRITE_GROUPS_MAX]; /* when they were sealed */
};

bool spool_job_full(const struct spool_job *job);
/* It must not be full. The view lives until spool_job_finish. */
void spool_job_add(struct spool_job *job, const struct hold *hold, const struct weir_group *view);
void spool_job_finish(struct spool_job *job);
/* Encodes into `scratch`, which whoever writes often keeps, and appends; an empty job
 * writes the acks that wait. 0 or SPOOL_E_FULL. */
int spool_job_run(const struct spool_job *job, struct spool *spool, struct weir_buffer *scratch);

#endif
