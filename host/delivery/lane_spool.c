#include "delivery/lane_spool.h"

#include <errno.h>
#include "base/clock.h"
#include "base/mem.h"
#include "delivery/lane_holds.h"
#include "delivery/lane_private.h"

/* With durability `interval` a commit waits so long for more, unless there is so much. */
#define GATHER_NS (50 * NS_PER_MS)
#define GATHER_GROUPS 8
#define GATHER_BYTES (1 * MIB)
/* Acks are written when they are so many, or so old: what is delivered again after a
 * crash is bounded by it. */
#define ACKS_MAX 32
#define ACKS_NS (200 * NS_PER_MS)
/* While a flusher takes batch after batch, what comes waits so long for room in the queue
 * before it goes where it must be read back from; unless so much is there already. */
#define ROOM_NS (50 * NS_PER_MS)
#define ROOM_UNREAD_GROUPS 128
/* After a refused write; and when something has been settled since. */
#define RETRY_NS (1 * NS_PER_S)
#define RETRY_SOON_NS (10 * NS_PER_MS)
/* How often is looked for what has waited long in memory. */
#define LOOK_NS (1 * NS_PER_S)
#define COMPLAINT_INTERVAL_NS (10 * NS_PER_S)

static void claim_returned(struct spool_claim *claim)
{
    struct lane_spool *spool = container_of(claim, struct lane_spool, claim);
    struct lane *lane = container_of(spool, struct lane, spool);

    pool_schedule(lane->pool, &spool->turn);
}

static void complain(struct lane *lane, int error, const char *why)
{
    uint64_t suppressed;

    if (error != -EBUSY && log_limit_pass(&lane->spool.complaint, clock_now_ns(), &suppressed))
        log_error("a spool cannot be opened yet", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name), LOG_STR("why", why), LOG_INT("similar", suppressed));
}

static bool number_anew(void *context, struct hold *hold, const struct weir_group *view)
{
    struct lane_spool *self = context;

    (void)view;
    hold->seq = ++self->last_seq;
    return true;
}

/* What is staged or in hand and has a number already. */
static void number_staged_anew(struct lane_spool *self)
{
    struct hold *hold;

    for (uint32_t i = 0; i < self->n_writing; i++)
        self->writing[i].seq = ++self->last_seq;
    for (size_t i = 0; (hold = queue_peek(&self->staging, i)) && hold->seq; i++)
        hold->seq = ++self->last_seq;
}

/* What lies there from before is unread. Groups that came meanwhile must not have the
 * numbers of records. */
static void take_up(struct lane *lane, const struct spool_status *status)
{
    struct lane_spool *self = &lane->spool;

    self->last_seq = MAX(self->last_seq, status->last_seq);
    lane_each_hold(lane, true, number_anew, self);
    number_staged_anew(self);
    self->read_seq = 0;
    self->written_seq = self->before_seq = status->last_seq;
    self->unread_groups = status->records;
    self->unread_logs = status->logs;
    lane->stats.left_logs += status->logs;
}

int lane_spool_open(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    struct spool_status status;
    struct spool *spool;
    char why[256] = "";
    int r;

    pthread_mutex_lock(&lane->lock);
    self->in_line = true; /* before it is asked for: it may come at once */
    pthread_mutex_unlock(&lane->lock);
    r = spools_take(self->spools, &self->claim, &spool, why, sizeof why);
    pthread_mutex_lock(&lane->lock);
    self->in_line = r == -EBUSY;
    self->retry_at_ns = r ? clock_now_ns() + RETRY_NS : 0;
    pthread_mutex_unlock(&lane->lock);
    if (r) {
        complain(lane, r, why);
        return r;
    }
    spool_get_status(spool, &status);
    pthread_mutex_lock(&lane->lock);
    self->store = spool;
    if (!self->stuck && (self->unknown || status.records))
        take_up(lane, &status);
    self->unknown = false;
    pthread_mutex_unlock(&lane->lock);
    if (status.records)
        log_info("a spool from before goes on", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name), LOG_INT("logs", status.logs),
            LOG_INT("bytes", status.bytes));
    return 0;
}

void lane_spool_init(struct lane *lane, const struct lane_spec *spec)
{
    const struct delivery_config *delivery = &spec->config->delivery;
    struct lane_spool *self = &lane->spool;

    if (!spec->spools)
        return;
    self->spools = spec->spools;
    self->mode = delivery->spool;
    self->claim = (struct spool_claim){lane->name, delivery, claim_returned, {NULL, NULL}};
    self->complaint.interval_ns = COMPLAINT_INTERVAL_NS;
    self->turn.run = lane_spool_turn;
    list_init(&self->turn.line);
    queue_init(&self->staging, delivery->queue_max_bytes, delivery->queue_max_groups);
}

/* Whether it lies where a spool is refused; one that will not last is told of. */
static bool is_misplaced(const struct lane *lane)
{
    const struct lane_spool *self = &lane->spool;
    const char *name;
    enum filesystem kind = spools_filesystem(self->spools, &self->claim, &name);

    if (kind == FILESYSTEM_MEMORY)
        log_warn("this flusher's spool is kept in memory and does not survive a reboot; put it on "
                 "a disk",
            LOG_STR("pipeline", lane->pipeline), LOG_STR("flusher", lane->name),
            LOG_STR("filesystem", name));
    return kind == FILESYSTEM_NETWORK;
}

void lane_spool_start(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    bool misplaced, has_data = self->spools && spools_has_data(self->spools, &self->claim);

    if (has_data && self->mode == SPOOL_OFF)
        log_warn("this flusher has no spool any more, but logs lie in the one it had; give it a "
                 "spool again and they are sent",
            LOG_STR("pipeline", lane->pipeline), LOG_STR("flusher", lane->name));
    if (self->mode == SPOOL_OFF)
        return;
    if (self->store) { /* inherited */
        spool_configure(self->store, self->claim.limits->spool_max_bytes,
            self->claim.limits->spool_durability != SPOOL_PROCESS);
        has_data = false;
    }
    pthread_mutex_lock(&lane->lock);
    self->unknown |= has_data;
    pthread_mutex_unlock(&lane->lock);
    misplaced = is_misplaced(lane);
    if (self->unknown || (!self->store && (misplaced || self->mode == SPOOL_DURABLE)))
        lane_spool_open(lane);
    pthread_mutex_lock(&lane->lock);
    lane_ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
}

void lane_spool_finish(struct lane *lane)
{
    queue_finish(&lane->spool.staging);
    weir_buffer_finish(&lane->spool.scratch);
    free(lane->spool.writing);
}

bool lane_spool_unread(const struct lane *lane)
{
    return lane->spool.read_seq < lane->spool.written_seq;
}

/* Whether the flusher takes batch after batch, as far as is known. */
static bool is_taking(const struct lane *lane)
{
    return list_empty(&lane->retries) && lane->circuit.state == CIRCUIT_CLOSED &&
           !lane->not_ready && !lane->broken && !lane->urgent;
}

/* Whether the queue has room for what one write takes, or for a quarter of its own. */
static bool queue_has_room(const struct lane *lane)
{
    const struct queue *queue = &lane->queue;

    return !queue_full(queue) &&
           queue->bytes + MIN(queue->max_bytes / 4, LANE_SPOOL_WRITE_BYTES_MAX) <= queue->max_bytes;
}

/* Until when what is staged waits for room in the queue; 0: not at all. */
static uint64_t room_by_ns(const struct lane *lane)
{
    const struct lane_spool *self = &lane->spool;

    if (!self->staging.count || self->n_writing || self->unknown ||
        self->unread_groups > ROOM_UNREAD_GROUPS || !is_taking(lane))
        return 0;
    if (self->mode == SPOOL_OVERFLOW && !lane_spool_unread(lane))
        return queue_peek(&self->staging, 0)->group->sealed_ns + 2 * ROOM_NS;
    return lane_spool_unread(lane) || !queue_has_room(lane) ? self->wrote_ns + ROOM_NS : 0;
}

bool lane_spool_waits(const struct lane *lane)
{
    return room_by_ns(lane) > clock_now_ns();
}

/* There is room in the queue again, and nothing on its way to the disk: what has
 * overflowed does not go there. */
static void unstage_fitting(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    struct hold hold;

    if (self->mode != SPOOL_OVERFLOW || self->unknown || self->n_writing ||
        lane_spool_unread(lane) || !is_taking(lane))
        return;
    while (self->staging.count && !queue_full(&lane->queue)) {
        hold = queue_take(&self->staging);
        if (!hold.seq)
            hold.seq = ++self->last_seq;
        self->read_seq = hold.seq;
        queue_put(&lane->queue, hold);
    }
    lane_relieve(lane);
}

/* -- what is pushed -- */

bool lane_spool_takes(const struct lane *lane)
{
    const struct lane_spool *self = &lane->spool;

    if (self->mode == SPOOL_OFF)
        return false;
    return self->mode == SPOOL_DURABLE || self->unknown || lane_spool_unread(lane) ||
           self->staging.count || self->n_writing || (queue_full(&lane->queue) && !self->retiring);
}

void lane_spool_stage(struct lane *lane, struct hold hold)
{
    struct lane_spool *self = &lane->spool;

    if (!self->staging.count)
        self->staged_ns = clock_now_ns();
    queue_put(&self->staging, hold);
}

/* -- when something is to be written -- */

static bool gathered(const struct lane *lane)
{
    const struct lane_spool *self = &lane->spool;

    return lane->urgent || self->n_writing ||
           lane->config->delivery.spool_durability != SPOOL_INTERVAL ||
           self->staging.count >= GATHER_GROUPS || self->staging.bytes >= GATHER_BYTES;
}

/* UINT64_MAX: nothing is. */
static uint64_t write_at_ns(struct lane *lane, uint64_t now_ns)
{
    struct lane_spool *self = &lane->spool;
    uint64_t room_ns = room_by_ns(lane), at_ns = UINT64_MAX;

    if (self->n_writing || self->staging.count)
        at_ns = MAX(
            gathered(lane) ? MAX(now_ns, room_ns) : self->staged_ns + GATHER_NS, self->retry_at_ns);
    if (!self->store && (self->unknown || self->mode == SPOOL_DURABLE))
        at_ns = MIN(at_ns, MAX(now_ns, self->retry_at_ns));
    if (lane_has_unsettled(lane)) {
        if (!self->look_ns)
            self->look_ns = now_ns + LOOK_NS;
        at_ns = MIN(at_ns, MAX(self->look_ns, self->retry_at_ns));
    }
    if (self->acked_ns)
        at_ns = MIN(at_ns, MAX(MAX(self->acked_ns + ACKS_NS, room_ns), self->retry_at_ns));
    return at_ns;
}

/* Something has changed since a write was refused: acks make room, and what cannot be
 * written can go to the queue. */
static bool may_go_on(const struct lane *lane, size_t n_acks)
{
    return n_acks ||
           (lane->spool.n_writing && !lane_spool_unread(lane) && !queue_full(&lane->queue));
}

/* When acks came to wait, and whether a refused write is tried again soon. */
static void look_at_acks(struct lane *lane, uint64_t now_ns)
{
    struct lane_spool *self = &lane->spool;
    size_t n_acks = self->store ? spool_acks(self->store) : 0;

    if (!n_acks)
        self->acked_ns = 0;
    else if (!self->acked_ns)
        self->acked_ns = now_ns;
    if (n_acks >= ACKS_MAX)
        self->acked_ns = MIN(self->acked_ns, now_ns - ACKS_NS);
    if (self->retry_at_ns > now_ns && may_go_on(lane, n_acks))
        self->retry_at_ns = MIN(self->retry_at_ns, now_ns + RETRY_SOON_NS);
}

void lane_spool_ask(struct lane *lane)
{
    struct lane_spool *self = &lane->spool;
    uint64_t now_ns, at_ns;

    if (self->mode == SPOOL_OFF || self->busy || self->in_line || lane->closed)
        return;
    now_ns = clock_now_ns();
    unstage_fitting(lane);
    look_at_acks(lane, now_ns);
    at_ns = write_at_ns(lane, now_ns);
    if (at_ns <= now_ns)
        pool_schedule(lane->pool, &self->turn);
    else if (at_ns != UINT64_MAX)
        pool_schedule_at(lane->pool, &self->turn, at_ns);
}
