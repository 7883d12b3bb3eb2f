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

int spool_job_run(const struct spool_job *job, struct spool *spool)
{
    struct spool_item items[LANE_SPOOL_WRITE_GROUPS_MAX];
    struct weir_buffer buffer = {0};
    size_t at[LANE_SPOOL_WRITE_GROUPS_MAX + 1], total = 0;
    int r;

    for (uint32_t i = 0; i < job->n; i++)
        total += weir_loggroup_size(job->views[i]);
    weir_buffer_reserve(&buffer, total);
    for (uint32_t i = 0; i < job->n; i++) {
        at[i] = buffer.size;
        weir_loggroup_append(&buffer, job->views[i]);
    }
    if (buffer.failed) {
        weir_buffer_finish(&buffer);
        return SPOOL_E_FULL;
    }
    at[job->n] = buffer.size;
    for (uint32_t i = 0; i < job->n; i++)
        items[i] = (struct spool_item){
            .info = {.seq = job->holds[i].seq,
                .wall_ns = job->wall_ns[i],
                .size = at[i + 1] - at[i],
                .n_logs = job->views[i]->n_logs},
            .content = buffer.data + at[i],
        };
    r = spool_append(spool, items, job->n);
    weir_buffer_finish(&buffer);
    return r;
}
