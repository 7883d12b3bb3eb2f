/* The lane's spool: the end. */
#include "delivery/lane_spool.h"

#include "delivery/lane_holds.h"
#include "delivery/lane_private.h"
#include "delivery/lane_spool_job.h"

static bool is_spooled(void *context, struct hold *hold, const struct weir_group *view)
{
    bool *all = context;

    (void)view;
    *all = hold->spooled;
    return *all;
}

bool lane_spool_holds_all(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    bool all = self->mode != SPOOL_OFF && !self->staging.count && !self->n_writing;

    if (all)
        lane_each_hold(lane, true, is_spooled, &all);
    return all;
}

bool lane_spool_stop(struct lane *lane, uint64_t deadline_ns)
{
    struct lane_spool *self = &lane->spool;
    bool ended;

    if (!self->turn.run)
        return true;
    ended = pool_forget(lane->pool, &self->turn, deadline_ns);
    spools_withdraw(self->spools, &self->claim); /* a turn that is stuck does so when it ends */
    return ended;
}

void lane_spool_leave(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;

    self->stuck = self->busy || self->reading;
    if (self->stuck)
        log_error("the disk of a spool hangs; the lane that uses it is left behind",
            LOG_STR("pipeline", lane->pipeline), LOG_STR("flusher", lane->name));
}

void lane_spool_unstage(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;

    for (uint32_t i = 0; i < self->n_writing && !self->stuck; i++)
        queue_put(&lane->queue, self->writing[i]);
    if (!self->stuck)
        self->n_writing = 0;
    while (self->staging.count) {
        struct hold hold = queue_take(&self->staging);

        if (!hold.seq)
            hold.seq = ++self->last_seq;
        queue_put(&lane->queue, hold);
    }
}

static bool take_unspooled(void *context, struct hold *hold, const struct weir_group *view)
{
    struct spool_job *job = context;

    if (!hold->spooled)
        spool_job_add(job, hold, view);
    return !spool_job_full(job);
}

/* All that is in memory and outside of a flush, in jobs, until one is refused. */
static void write_all(struct lane *lane)
{
    struct weir_buffer scratch = {0};
    struct spool_job job = {0};
    int r = 0;

    pthread_mutex_lock(&lane->lock);
    lane_spool_unstage(lane);
    while (!r) {
        job.bytes = 0;
        lane_each_hold(lane, false, take_unspooled, &job);
        pthread_mutex_unlock(&lane->lock);
        r = job.n ? spool_job_run(&job, lane->spool.store, &scratch) : SPOOL_E_END;
        pthread_mutex_lock(&lane->lock);
        for (uint32_t i = 0; i < job.n && !r; i++)
            lane_spool_secure(lane, &job.holds[i]);
        spool_job_finish(&job);
    }
    pthread_mutex_unlock(&lane->lock);
    weir_buffer_finish(&scratch);
}

struct parts {
    struct spool_job *job;
    size_t skip, n;
};

static bool take_part(void *context, struct hold *hold, const struct weir_group *view)
{
    struct parts *parts = context;

    if (hold->spooled && view->n_logs < hold->group->view.n_logs && parts->n++ >= parts->skip)
        spool_job_add(parts->job, hold, view);
    return !spool_job_full(parts->job);
}

/* Records of groups that have ended in part (marks) are replaced by what is left of them, for
 * the next run would send all of it. One that is refused stays whole. */
static void write_parts(struct lane *lane)
{
    struct weir_buffer scratch = {0};
    struct spool_job job = {0};
    struct parts parts = {.job = &job};
    int r = 0;

    while (!r) {
        job.bytes = 0;
        parts.n = 0;
        pthread_mutex_lock(&lane->lock);
        lane_each_hold(lane, false, take_part, &parts);
        pthread_mutex_unlock(&lane->lock);
        parts.skip += job.n;
        r = job.n ? spool_job_run(&job, lane->spool.store, &scratch) : SPOOL_E_END;
        spool_job_finish(&job);
    }
    weir_buffer_finish(&scratch);
}

static void put_back(struct lane *lane)
{
    struct spool_status status;
    struct spool *spool;

    pthread_mutex_lock(&lane->lock);
    spool = take_ptr(lane->spool.store);
    pthread_mutex_unlock(&lane->lock);
    if (!spool)
        return;
    spool_sync(spool);
    spool_get_status(spool, &status);
    spools_put(lane->spool.spools, &lane->spool.claim, spool, !status.records);
}

void lane_spool_come_back(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;

    if (!self->stuck || self->busy || self->reading)
        return;
    for (uint32_t i = 0; i < self->n_writing; i++) /* the disk has refused it */
        hold_give_back(&self->writing[i]);
    self->n_writing = 0;
    pthread_mutex_unlock(&lane->lock);
    spools_withdraw(self->spools, &self->claim);
    put_back(lane);
    log_info("the disk of a spool works again; the spool is put back",
        LOG_STR("pipeline", lane->pipeline), LOG_STR("flusher", lane->name));
    pthread_mutex_lock(&lane->lock);
}

static bool must_write(struct lane *lane)
{
    bool must;

    pthread_mutex_lock(&lane->lock);
    must = !lane_spool_holds_all(lane);
    pthread_mutex_unlock(&lane->lock);
    return must;
}

/* By a thread that a disk holds: what it reads from must not be closed. */
static bool is_in_use(struct lane *lane)
{
    bool in_use;

    pthread_mutex_lock(&lane->lock);
    in_use = lane->spool.stuck;
    pthread_mutex_unlock(&lane->lock);
    return in_use;
}

void lane_spool_close(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;

    if (self->mode == SPOOL_OFF || is_in_use(lane))
        return;
    if (must_write(lane) && (self->store || !lane_spool_open(lane)))
        write_all(lane);
    if (self->store)
        write_parts(lane);
    spools_withdraw(self->spools, &self->claim);
    put_back(lane);
}

/* What the heir will read from a spool that is stuck: it counts it then. */
static void forget_unread(struct lane *heir, const struct lane_spool *from)
{
    uint64_t logs = from->unread_logs;

    for (uint32_t i = 0; i < from->n_writing; i++)
        logs += from->writing[i].group->view.n_logs;
    heir->stats.left_logs -= MIN(logs, heir->stats.left_logs);
}

static void inherit_staged(struct lane_spool *to, struct lane_spool *from)
{
    for (uint32_t i = 0; i < from->n_writing && !from->stuck; i++)
        queue_put(&to->staging, from->writing[i]);
    if (!from->stuck)
        from->n_writing = 0;
    while (from->staging.count)
        queue_put(&to->staging, queue_take(&from->staging));
}

/* The heir is to have none. One that is open is sent first; what lies in one that could not
 * be opened is nobody's now, and what was to go behind it waits no more. */
static void inherit_without(struct lane *heir)
{
    struct lane_spool *self = &heir->spool;

    if (self->store) {
        self->mode = SPOOL_OVERFLOW;
        self->retiring = true;
        return;
    }
    lane_spool_unstage(heir);
    self->unknown = false;
    self->written_seq = self->read_seq;
}

void lane_spool_inherit(struct lane *heir, struct lane *lane)
{
    struct lane_spool *to = &heir->spool, *from = &lane->spool;

    to->last_seq = from->last_seq;
    to->read_seq = from->read_seq;
    to->written_seq = from->written_seq;
    if (from->mode == SPOOL_OFF)
        return;
    inherit_staged(to, from);
    to->unknown = from->unknown || from->stuck;
    if (!from->stuck) {
        to->store = take_ptr(from->store);
        to->unread_groups = from->unread_groups;
        to->unread_logs = from->unread_logs;
    } else {
        forget_unread(heir, from);
    }
    if (to->mode == SPOOL_OFF)
        inherit_without(heir);
}
