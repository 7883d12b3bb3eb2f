/* How a lane looks from outside. */
#include "base/clock.h"
#include "delivery/lane_private.h"

static const char *const state_names[LANE_N_STATES] = {
    [LANE_RESTARTING] = "restarting",
    [LANE_HANGING] = "hanging",
    [LANE_SENDING] = "sending",
    [LANE_DOWN] = "down",
    [LANE_RETRYING] = "retrying",
    [LANE_NOT_READY] = "not_ready",
    [LANE_PENDING] = "pending",
    [LANE_IDLE] = "idle",
};

const char *lane_state_name(enum lane_state state)
{
    return state < LANE_N_STATES ? state_names[state] : "unknown";
}

/* Of the call that runs longest; 0: none does. A restart holds the lock, and is none. */
static uint64_t last_sign_of_life(struct lane *lane)
{
    const struct parcel *parcel = list_first(&lane->flushing, struct parcel, list);
    uint64_t alive_ns = 0;

    if (!parcel)
        return 0;
    if (!pthread_rwlock_tryrdlock(&lane->instance_lock)) {
        alive_ns = lane->instance ? instance_last_alive_ns(lane->instance) : 0;
        pthread_rwlock_unlock(&lane->instance_lock);
    }
    return MAX(parcel->taken_ns, alive_ns);
}

static uint64_t oldest_in(const struct list *list, uint64_t oldest_ns)
{
    const struct parcel *parcel;

    LIST_EACH (parcel, list, list) {
        for (uint32_t i = 0; i < parcel->n_groups; i++)
            oldest_ns = MIN(oldest_ns, parcel->holds[i].group->sealed_ns);
    }
    return oldest_ns;
}

/* When the oldest group that is not settled was sealed; `now_ns` when there is none. */
static uint64_t oldest_sealed(const struct lane *lane, uint64_t now_ns)
{
    const struct list *lists[] = {&lane->retries, &lane->flushing, &lane->pending};
    const struct hold *first = queue_peek(&lane->queue, 0);
    uint64_t oldest_ns = first ? MIN(now_ns, first->group->sealed_ns) : now_ns;

    for (size_t i = 0; i < ARRAY_SIZE(lists); i++)
        oldest_ns = oldest_in(lists[i], oldest_ns);
    return oldest_ns;
}

static enum lane_state state_of(const struct lane *lane, uint64_t call_age_ns, bool held)
{
    if (lane->broken)
        return LANE_RESTARTING;
    if (lane->n_flushing && call_age_ns > lane->config->delivery.flush_timeout_ns)
        return LANE_HANGING;
    if (lane->n_flushing)
        return LANE_SENDING;
    if (held && lane->not_ready)
        return LANE_NOT_READY;
    if (lane->circuit.state != CIRCUIT_CLOSED)
        return LANE_DOWN;
    if (held && !list_empty(&lane->retries))
        return LANE_RETRYING;
    if (lane->n_pending &&
        (!lane->queue.count || lane->n_pending >= lane->config->delivery.pending_max))
        return LANE_PENDING;
    return lane->queue.count || lane->spool.staging.count || lane_spool_unread(lane) ||
                   !list_empty(&lane->retries)
               ? LANE_SENDING
               : LANE_IDLE;
}

static uint32_t count(const struct list *list)
{
    uint32_t n = 0;

    for (const struct list *at = list->next; at != list; at = at->next)
        n++;
    return n;
}

void lane_stats_add(struct lane_stats *sum, const struct lane_stats *one)
{
    sum->pushed_logs += one->pushed_logs;
    sum->delivered_logs += one->delivered_logs;
    sum->delivered_bytes += one->delivered_bytes;
    sum->delivered_groups += one->delivered_groups;
    sum->rejected_logs += one->rejected_logs;
    sum->dropped_logs += one->dropped_logs;
    sum->attempts_logs += one->attempts_logs;
    sum->age_logs += one->age_logs;
    sum->queue_full_logs += one->queue_full_logs;
    sum->letter_logs += one->letter_logs;
    sum->left_logs += one->left_logs;
    sum->spooled_logs += one->spooled_logs;
    sum->spool_bad_logs += one->spool_bad_logs;
    sum->flushes += one->flushes;
    sum->retries += one->retries;
    sum->circuit_opens += one->circuit_opens;
    sum->settled_groups += one->settled_groups;
    lane_measures_sum(&sum->measures, &one->measures);
}

void lane_get_stats(struct lane *lane, struct lane_stats *ret_stats)
{
    pthread_mutex_lock(&lane->lock);
    *ret_stats = lane->stats;
    pthread_mutex_unlock(&lane->lock);
}

static void add_spool(const struct lane *lane, struct lane_status *status)
{
    const struct lane_spool *spool = &lane->spool;
    uint64_t wall_ns = clock_wall_ns();

    status->has_spool = spool->mode != SPOOL_OFF;
    status->staged_groups = spool->staging.count + spool->n_writing;
    if (!spool->store)
        return;
    spool_get_status(spool->store, &status->spool);
    if (status->spool.oldest_wall_ns && status->spool.oldest_wall_ns < wall_ns)
        status->oldest_age_ns = MAX(status->oldest_age_ns, wall_ns - status->spool.oldest_wall_ns);
}

void lane_get_status(struct lane *lane, struct lane_status *ret_status)
{
    uint64_t now_ns = clock_now_ns(), alive_ns, send_at_ns;
    bool held;

    pthread_mutex_lock(&lane->lock);
    alive_ns = last_sign_of_life(lane);
    send_at_ns = lane_send_at_ns(lane);
    held = send_at_ns > now_ns;
    *ret_status = (struct lane_status){
        .queue_groups = lane->queue.count,
        .queue_bytes = lane->queue.bytes,
        .queue_max_groups = lane->queue.max_groups,
        .queue_max_bytes = lane->queue.max_bytes,
        .n_retries = count(&lane->retries),
        .n_flushing = lane->n_flushing,
        .n_pending = lane->n_pending,
        .blocks = lane->gate_closed,
        .slow = lane->turn.slow,
        .oldest_age_ns = now_ns - oldest_sealed(lane, now_ns),
        .next_attempt_ns = held ? send_at_ns - now_ns : 0,
        .call_age_ns = alive_ns && alive_ns < now_ns ? now_ns - alive_ns : 0,
        .circuit = circuit_word(&lane->circuit),
        .failures = lane->circuit.failures,
        .last_error = lane->last_error,
        .stats = lane->stats,
    };
    add_spool(lane, ret_status);
    ret_status->state = state_of(lane, ret_status->call_age_ns, held);
    pthread_mutex_unlock(&lane->lock);
}
