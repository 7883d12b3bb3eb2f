/* The lane's spool: reading back. */
#include "delivery/lane_spool.h"

#include "base/clock.h"
#include "delivery/group_read.h"
#include "delivery/lane_private.h"

/* After a disk has refused. */
#define RETRY_NS (1 * NS_PER_S)

bool lane_spool_can_fetch(const struct lane *lane)
{
    const struct lane_spool *self = &lane->spool;

    if (!lane->spool.store || !lane_spool_unread(lane) || self->reading || lane->queue.count)
        return false;
    if (lane->exiting && !lane->once) /* it is safe where it is */
        return false;
    return !lane_has_unsettled(lane) ||
           memory_used(spools_memory(self->spools)) < SPOOLS_READ_BACK_BYTES;
}

void lane_spool_forget(struct lane *lane, uint64_t groups, uint64_t logs)
{
    struct lane_spool *self = &lane->spool;

    logs = MIN(logs, self->unread_logs);
    self->unread_groups -= MIN(groups, self->unread_groups);
    self->unread_logs -= logs;
    lane->stats.left_logs -= MIN(logs, lane->stats.left_logs);
    lane->stats.spool_bad_logs += logs;
}

/* What one fetch has read. */
struct fetched {
    struct hold holds[PARCEL_GROUPS_MAX];
    uint32_t n;
    uint64_t logs, bad_groups, bad_logs;
    uint64_t last_seq;
    bool refused; /* by the disk */
};

static uint64_t sealed_ns_of(const struct spool_info *info)
{
    uint64_t wall_ns = clock_wall_ns(), now_ns = clock_now_ns();
    uint64_t age_ns = wall_ns - MIN(info->wall_ns, wall_ns);

    return now_ns - MIN(age_ns, now_ns);
}

/* A good record becomes a group; one whose content is no LogGroup is a bad one. */
static void take_record(struct spool *spool, struct memory *memory, const struct spool_info *info,
    struct block *block, struct fetched *fetched)
{
    struct group *group = group_read(
        memory, block, (struct weir_str){block->data, (size_t)info->size}, NULL, UINT64_MAX);

    block_unref(block);
    if (!group) {
        fetched->bad_groups++;
        fetched->bad_logs += info->n_logs;
        spool_ack(spool, info->seq);
        return;
    }
    group->sealed_ns = sealed_ns_of(info);
    fetched->holds[fetched->n++] = (struct hold){.group = group, .spooled = true, .seq = info->seq};
    fetched->logs += info->n_logs;
}

/* Without the lock. */
static void read_records(
    struct spool *spool, struct memory *memory, uint64_t until, struct fetched *fetched)
{
    size_t bytes = 0;

    while (fetched->n < PARCEL_GROUPS_MAX && bytes < PARCEL_BYTES_MAX) {
        struct spool_info info;
        struct block *block;
        int r = spool_peek(spool, fetched->last_seq, until, memory, &info, &block);

        if (r == SPOOL_E_END || r == SPOOL_E_BEGUN_ANEW) {
            fetched->last_seq = until;
            return;
        }
        if (r && r != SPOOL_E_BAD_RECORD) {
            fetched->refused = true;
            return;
        }
        fetched->last_seq = info.seq;
        fetched->bad_groups += r != 0;
        fetched->bad_logs += r ? info.n_logs : 0;
        bytes += r ? 0 : info.size;
        if (!r)
            take_record(spool, memory, &info, block, fetched);
        if (memory_used(memory) >= SPOOLS_READ_BACK_BYTES)
            return;
    }
}

/* Tried again in a while. */
static void note_refused(struct lane *lane)
{
    uint64_t suppressed;

    lane->hold_until_ns = MAX(lane->hold_until_ns, clock_now_ns() + RETRY_NS);
    if (log_limit_pass(&lane->spool.complaint, clock_now_ns(), &suppressed))
        log_error("a spool cannot be read now", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name), LOG_INT("similar", suppressed));
}

static void note_fetched(struct lane *lane, const struct fetched *fetched)
{
    struct lane_spool *self = &lane->spool;

    self->read_seq = fetched->last_seq;
    for (uint32_t i = 0; i < fetched->n; i++)
        queue_put(&lane->queue, fetched->holds[i]);
    self->unread_groups -= MIN(self->unread_groups, fetched->n);
    self->unread_logs -= MIN(self->unread_logs, fetched->logs);
    lane_spool_forget(lane, fetched->bad_groups, fetched->bad_logs);
    if (!lane_spool_unread(lane)) /* what was counted and is not there */
        lane_spool_forget(lane, self->unread_groups, self->unread_logs);
}

void lane_spool_fetch(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    struct fetched fetched = {.last_seq = self->read_seq};
    struct spool *spool = lane->spool.store;
    uint64_t until = self->written_seq;

    self->reading = true;
    pthread_mutex_unlock(&lane->lock);
    read_records(spool, spools_memory(self->spools), until, &fetched);
    pthread_mutex_lock(&lane->lock);
    self->reading = false;
    if (self->stuck) { /* it stays where it is, for whoever comes next */
        for (uint32_t i = 0; i < fetched.n; i++)
            group_unref(fetched.holds[i].group);
        lane_spool_come_back(lane);
        return;
    }
    note_fetched(lane, &fetched);
    if (fetched.refused)
        note_refused(lane);
}
