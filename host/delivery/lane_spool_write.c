/* The lane's spool: writing. */
#include "delivery/lane_spool.h"

#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "delivery/lane_holds.h"
#include "delivery/lane_private.h"
#include "delivery/lane_spool_job.h"

/* After a refused write. */
#define RETRY_NS (1 * NS_PER_S)
/* What has waited so long in memory is written, too. */
#define LONG_NS (5 * NS_PER_S)
/* An empty file that is larger is made anew: LMDB's never shrink. */
#define FILE_BYTES_KEPT (64 * MIB)

/* -- what is written: the staged, and what waits long -- */

/* A write is a small part of the limit, so that one that is refused waits for little. */
static size_t write_bytes_max(const struct lane_spool *self)
{
    return MIN(LANE_SPOOL_WRITE_BYTES_MAX, self->claim.limits->spool_max_bytes / 4);
}

void lane_spool_fill_writing(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    size_t max_bytes = write_bytes_max(self);
    struct hold hold;
    size_t bytes = 0;

    if (!self->writing)
        self->writing = mem_calloc(LANE_SPOOL_WRITE_GROUPS_MAX, sizeof *self->writing);
    for (uint32_t i = 0; i < self->n_writing; i++)
        bytes += self->writing[i].group->held_bytes;
    while (
        self->n_writing < LANE_SPOOL_WRITE_GROUPS_MAX && bytes < max_bytes && self->staging.count) {
        hold = queue_take(&self->staging);
        if (!hold.seq)
            hold.seq = ++self->last_seq;
        bytes += hold.group->held_bytes;
        self->writing[self->n_writing++] = hold;
    }
}

struct look {
    struct spool_job *job;
    size_t max_bytes;
    uint64_t before_ns; /* sealed then, or earlier */
};

static bool job_has_room(const struct spool_job *job, size_t max_bytes)
{
    return !spool_job_full(job) && job->bytes < max_bytes;
}

static bool take_unspooled(void *context, struct hold *hold, const struct weir_group *view)
{
    struct look *look = context;

    (void)view; /* may end with the parcel; the group does not */
    if (!hold->spooled && hold->group->sealed_ns <= look->before_ns)
        spool_job_add(look->job, hold, &hold->group->view);
    return job_has_room(look->job, look->max_bytes);
}

/* What is in memory and older than what is staged is written before it: so the spool holds
 * no gaps, and after a crash nothing behind one is read from its source again. While
 * nothing is staged it is written when it has waited long. */
static void take_older(struct lane *lane, struct spool_job *job, size_t max_bytes)
{
    struct lane_spool *self = &lane->spool;
    uint64_t now_ns = clock_now_ns();
    struct look look = {job, max_bytes, UINT64_MAX};

    if (!self->n_writing && (!self->look_ns || now_ns < self->look_ns))
        return;
    if (!self->n_writing)
        look.before_ns = now_ns - MIN(now_ns, LONG_NS);
    self->look_ns = 0;
    lane_each_hold(lane, true, take_unspooled, &look);
}

/* Returns how many of its groups wait where they are, before those of `writing`. */
static uint32_t prepare_job(struct lane *lane, struct spool_job *job)
{
    struct lane_spool *self = &lane->spool;
    size_t max_bytes = write_bytes_max(self);
    uint32_t n_older;

    *job = (struct spool_job){0};
    lane_spool_fill_writing(lane);
    take_older(lane, job, max_bytes);
    n_older = job->n;
    for (uint32_t i = 0; i < self->n_writing && (!job->n || job_has_room(job, max_bytes)); i++)
        spool_job_add(job, &self->writing[i], &self->writing[i].group->view);
    return n_older;
}

/* -- what follows -- */

/* Into the queue while nothing older is unread and there is room; else it is read back. */
static void place_written(struct lane *lane, struct hold hold)
{
    struct lane_spool *self = &lane->spool;
    bool unread = lane_spool_unread(lane) || queue_full(&lane->queue);

    self->written_seq = hold.seq;
    if (!unread) {
        self->read_seq = hold.seq;
        queue_put(&lane->queue, hold);
        return;
    }
    self->unread_groups++;
    self->unread_logs += hold.group->view.n_logs;
    group_unref(hold.group);
}

struct search {
    uint64_t seq;
    struct hold *found;
};

static bool has_seq(void *context, struct hold *hold, const struct weir_group *view)
{
    struct search *search = context;

    (void)view;
    if (hold->seq == search->seq)
        search->found = hold;
    return !search->found;
}

static void secure(struct lane *lane, struct hold *hold)
{
    lane->stats.spooled_logs += hold->group->view.n_logs;
    hold->spooled = true;
    group_release(hold->group, hold->number);
}

void lane_spool_secure(struct lane *lane, const struct hold *copy)
{
    struct search search = {copy->seq, NULL};

    lane_each_hold(lane, true, has_seq, &search);
    if (!search.found)
        spool_ack(lane->spool.store, copy->seq);
    else if (!search.found->spooled)
        secure(lane, search.found);
}

/* The first of `writing` are gone from there. */
static void shift_writing(struct lane_spool *self, uint32_t n)
{
    self->n_writing -= n;
    if (self->n_writing)
        memmove(self->writing, self->writing + n, self->n_writing * sizeof self->writing[0]);
}

static void note_written(struct lane *lane, const struct spool_job *job, uint32_t n_older)
{
    struct lane_spool *self = &lane->spool;

    self->retry_at_ns = 0;
    self->wrote_ns = clock_now_ns();
    for (uint32_t i = 0; i < n_older; i++)
        lane_spool_secure(lane, &job->holds[i]);
    for (uint32_t i = n_older; i < job->n; i++) {
        secure(lane, &self->writing[i - n_older]);
        place_written(lane, self->writing[i - n_older]);
    }
    shift_writing(self, job->n - n_older);
    if (!self->n_writing && job->n)
        self->look_ns = 1; /* there may be more */
}

/* Whether the oldest record on disk could be given up. */
static bool drop_oldest_record(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    struct spool_info info = {0};
    int r;

    if (!lane_spool_unread(lane) || self->reading)
        return false;
    r = spool_peek(lane->spool.store, self->read_seq, self->written_seq, NULL, &info, NULL);
    if (r && r != SPOOL_E_BAD_RECORD)
        return false;
    spool_ack(lane->spool.store, info.seq);
    self->read_seq = info.seq;
    self->unread_groups -= self->unread_groups > 0;
    self->unread_logs -= MIN(self->unread_logs, info.n_logs);
    lane_drop_logs(lane, info.n_logs);
    return true;
}

/* The spool is full and the policy is to lose the oldest: as many as are to be written. */
static bool make_room(struct lane *lane)
{
    uint32_t n = 0;

    if (lane->config->delivery.when_full != WHEN_FULL_DROP_OLDEST)
        return false;
    while (n < lane->spool.n_writing && drop_oldest_record(lane))
        n++;
    return n;
}

/* While nothing is unread, what cannot be written may as well be sent from memory. */
static void send_unwritten(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    uint32_t n = 0;

    while (n < self->n_writing && !lane_spool_unread(lane) && !queue_full(&lane->queue)) {
        self->read_seq = self->writing[n].seq;
        queue_put(&lane->queue, self->writing[n++]);
    }
    shift_writing(self, n);
}

static void note_refused(struct lane *lane)
{
    lane->spool.retry_at_ns = make_room(lane) ? 0 : clock_now_ns() + RETRY_NS;
    send_unwritten(lane);
}

/* The lane was left behind while the disk held the write. What was in memory has gone its
 * way, and only what was in hand waited for it. */
static void note_late(struct lane *lane, const struct spool_job *job, uint32_t n_older, int r)
{
    struct lane_spool *self = &lane->spool;

    if (r)
        return;
    for (uint32_t i = 0; i < n_older; i++)
        spool_ack(self->store, job->holds[i].seq);
    for (uint32_t i = n_older; i < job->n; i++)
        hold_release(&self->writing[i - n_older], NULL);
    shift_writing(self, job->n - n_older);
}

/* With the lock, which is let go of while the disk works. */
static void write_once(struct lane *lane)
{
    struct spool *spool = lane->spool.store;
    struct spool_job job;
    uint32_t n_older = prepare_job(lane, &job);
    int r;

    pthread_mutex_unlock(&lane->lock);
    r = spool_job_run(&job, spool, &lane->spool.scratch);
    pthread_mutex_lock(&lane->lock);
    if (lane->spool.stuck)
        note_late(lane, &job, n_older, r);
    else if (r)
        note_refused(lane);
    else
        note_written(lane, &job, n_older);
    spool_job_finish(&job);
    if (!lane->spool.n_writing && !lane->spool.staging.count)
        weir_buffer_finish(&lane->spool.scratch);
    lane->spool.acked_ns = 0;
    lane_relieve(lane);
}

/* Nothing is in it: an environment that was opened for an overflow is closed, one that
 * has grown is made anew at the next write. */
static bool is_used_up(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    struct spool_status status;

    if (lane_spool_unread(lane) || self->staging.count || self->n_writing || self->reading)
        return false;
    spool_get_status(lane->spool.store, &status);
    return !status.records && (self->mode == SPOOL_OVERFLOW || status.file_bytes > FILE_BYTES_KEPT);
}

static void close_used_up(struct lane *lane)
{
    struct spool *spool;

    if (!lane->spool.store || lane->spool.stuck || !is_used_up(lane))
        return;
    spool = take_ptr(lane->spool.store);
    if (lane->spool.retiring)
        lane->spool.mode = SPOOL_OFF;
    pthread_mutex_unlock(&lane->lock);
    spools_put(lane->spool.spools, &lane->spool.claim, spool, true);
    mem_give_back();
    pthread_mutex_lock(&lane->lock);
}

/* Whether there is one now. The lock is let go of meanwhile. */
static bool have_spool(struct lane *lane)
{
    if (lane->spool.store)
        return true;
    pthread_mutex_unlock(&lane->lock);
    lane_spool_open(lane);
    pthread_mutex_lock(&lane->lock);
    if (lane->spool.stuck)
        return false;
    if (lane->spool.store)
        return true;
    if (!lane->spool.unknown) { /* else what comes now must go behind what lies there */
        lane_spool_fill_writing(lane);
        send_unwritten(lane);
    }
    return false;
}

static bool anything_to_write(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    struct spool_job job = {0};
    bool any;

    if (self->n_writing || self->staging.count || self->unknown || self->mode == SPOOL_DURABLE)
        return true;
    take_older(lane, &job, 1);
    any = job.n;
    spool_job_finish(&job);
    if (any)
        self->look_ns = 1; /* again, and now to write it */
    return any;
}

void lane_spool_turn(struct turn *turn)
{
    struct lane_spool *self = container_of(turn, struct lane_spool, turn);
    struct lane *lane = container_of(self, struct lane, spool);

    pthread_mutex_lock(&lane->lock);
    if (self->busy || lane->closed) {
        self->again = true;
        pthread_mutex_unlock(&lane->lock);
        return;
    }
    self->busy = true;
    if (!lane_spool_waits(lane) && (lane->spool.store || anything_to_write(lane)) &&
        have_spool(lane)) {
        write_once(lane);
        close_used_up(lane);
    }
    self->busy = false;
    lane_spool_come_back(lane);
    if (self->again)
        pool_schedule(lane->pool, turn);
    self->again = false;
    lane_spool_ask(lane);
    lane_ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
}
