#include "delivery/lane_spool_job.h"

#include <weir/loggroup.h>
#include "base/clock.h"

bool spool_job_full(const struct spool_job *job)
{
    return job->n == LANE_SPOOL_WRITE_GROUPS_MAX || job->bytes >= LANE_SPOOL_WRITE_BYTES_MAX;
}

void spool_job_add(struct spool_job *job, const struct hold *hold, const struct weir_group *view)
{
    uint64_t age_ns = clock_now_ns() - hold->group->sealed_ns;

    job->holds[job->n] = *hold;
    group_ref(hold->group);
    job->views[job->n] = view;
    job->wall_ns[job->n] = clock_wall_ns() - age_ns;
    job->bytes += hold->group->held_bytes;
    job->n++;
}

void spool_job_finish(struct spool_job *job)
{
    for (uint32_t i = 0; i < job->n; i++)
        group_unref(job->holds[i].group);
    job->n = 0;
}

int spool_job_run(const struct spool_job *job, struct spool *spool, struct weir_buffer *scratch)
{
    struct spool_item items[LANE_SPOOL_WRITE_GROUPS_MAX];
    size_t at[LANE_SPOOL_WRITE_GROUPS_MAX + 1];

    weir_buffer_clear(scratch);
    for (uint32_t i = 0; i < job->n; i++) {
        at[i] = scratch->size;
        weir_loggroup_append(scratch, job->views[i]);
    }
    if (scratch->failed)
        return SPOOL_E_FULL;
    at[job->n] = scratch->size;
    for (uint32_t i = 0; i < job->n; i++)
        items[i] = (struct spool_item){
            .info = {.seq = job->holds[i].seq,
                .wall_ns = job->wall_ns[i],
                .size = at[i + 1] - at[i],
                .n_logs = job->views[i]->n_logs},
            .content = scratch->data + at[i],
        };
    return spool_append(spool, items, job->n);
}
