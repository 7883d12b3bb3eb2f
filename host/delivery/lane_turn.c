#include "delivery/lane_private.h"

#include <errno.h>
#include "base/clock.h"
#include "base/mem.h"

/* A flush that takes longer makes its lane a slow one. */
#define LANE_SLOW_NS (100 * NS_PER_MS)
/* The pause between two questions of is_ready: doubles from the first to the second. */
#define LANE_READY_PAUSE_MIN_NS (10 * NS_PER_MS)
#define LANE_READY_PAUSE_MAX_NS (1 * NS_PER_S)
/* A broken instance gets so long to stop; a new one is tried so often. */
#define LANE_RESTART_STOP_NS (1 * NS_PER_S)
#define LANE_RESTART_PAUSE_NS (1 * NS_PER_S)

static bool has_work(const struct lane *lane)
{
    if (lane->closed || (lane->n_flushing && (!lane->concurrent || lane->broken)))
        return false;
    if (lane->broken)
        return true;
    if (lane->circuit.state == CIRCUIT_HALF_OPEN) /* the probe will tell */
        return false;
    return !list_empty(&lane->retries) || ((lane->queue.count || lane_spool_can_fetch(lane)) &&
                                              lane->n_pending < lane->config->delivery.pending_max);
}

uint64_t lane_send_at_ns(const struct lane *lane)
{
    if (lane->broken || lane->circuit.state != CIRCUIT_OPEN)
        return lane->hold_until_ns;
    return MAX(lane->hold_until_ns, lane->circuit.open_until_ns);
}

void lane_ask_turn(struct lane *lane)
{
    uint64_t at_ns = lane_send_at_ns(lane);

    lane_spool_ask(lane);
    lane_relieve(lane);
    if (lane->watch && lane_is_idle(lane))
        lane->watch->idle(lane->watch);
    if (!has_work(lane))
        return;
    if (at_ns > clock_now_ns())
        pool_schedule_at(lane->pool, &lane->turn, at_ns);
    else
        pool_schedule(lane->pool, &lane->turn);
}

void lane_address(const struct lane *lane, struct weir_batch *batch)
{
    batch->project = str_of(lane->config->project);
    batch->logstore = str_of(lane->config->logstore);
    batch->config = str_of(lane->pipeline);
    batch->logstore_key = lane->config->logstore_key;
}

static struct parcel *new_parcel(struct lane *lane)
{
    struct parcel *parcel = parcels_get(lane->parcels);

    parcel->state = PARCEL_WAITING;
    parcel->batch = (struct weir_batch){.struct_size = sizeof parcel->batch, .id = ++lane->next_id};
    lane_address(lane, &parcel->batch);
    parcel_fill(parcel, &lane->queue);
    lane_relieve(lane);
    return parcel;
}

/* When a parcel is due and nothing is in memory: from the spool. */
static void fetch(struct lane *lane)
{
    if (has_work(lane) && !lane->broken && lane_send_at_ns(lane) <= clock_now_ns() &&
        list_empty(&lane->retries) && lane_spool_can_fetch(lane))
        lane_spool_fetch(lane);
}

/* The parcel whose turn it is, moved to `flushing`; NULL if there is none now. */
static struct parcel *take_parcel(struct lane *lane)
{
    struct parcel *parcel;

    uint64_t now_ns = clock_now_ns();

    if (!has_work(lane) || lane->broken || lane->hold_until_ns > now_ns ||
        (list_empty(&lane->retries) && !lane->queue.count) || !circuit_ask(&lane->circuit, now_ns))
        return NULL;
    parcel = list_first(&lane->retries, struct parcel, list);
    if (parcel)
        list_remove(&parcel->list);
    else
        parcel = new_parcel(lane);
    parcel->state = PARCEL_FLUSHING;
    parcel->taken_ns = clock_now_ns();
    parcel->probe = lane->circuit.state == CIRCUIT_HALF_OPEN;
    list_append(&lane->flushing, &parcel->list);
    lane->n_flushing++;
    return parcel;
}

void lane_put_retry(struct lane *lane, struct parcel *parcel)
{
    struct list *at = lane->retries.next;

    while (
        at != &lane->retries && container_of(at, struct parcel, list)->batch.id < parcel->batch.id)
        at = at->next;
    parcel->state = PARCEL_WAITING;
    list_append(at, &parcel->list);
}

/* It was taken and is not flushed now: it waits. */
static void put_back(struct lane *lane, struct parcel *parcel)
{
    list_remove(&parcel->list);
    lane->n_flushing--;
    if (parcel->orphan) {
        list_append(&lane->orphans, &parcel->list);
        return;
    }
    if (parcel->probe)
        circuit_cancel(&lane->circuit, clock_now_ns());
    lane_put_retry(lane, parcel);
}

/* While is_ready was asked, a batch before this one has come back to be sent again. */
static bool would_overtake(const struct lane *lane, const struct parcel *parcel)
{
    const struct parcel *first = list_first(&lane->retries, struct parcel, list);

    return !lane->concurrent && first && first->batch.id < parcel->batch.id;
}

/* is_ready said no: the parcel waits, and the pause grows. */
static void wait_ready(struct lane *lane, struct parcel *parcel)
{
    bool orphan = parcel->orphan;

    put_back(lane, parcel);
    if (orphan)
        return;
    if (!lane->notified) {
        lane->not_ready = true;
        lane->ready_pause_ns =
            MIN(MAX(2 * lane->ready_pause_ns, LANE_READY_PAUSE_MIN_NS), LANE_READY_PAUSE_MAX_NS);
        if (lane->urgent)
            lane->ready_pause_ns = MIN(lane->ready_pause_ns, LANE_READY_PAUSE_MIN_NS);
        lane->hold_until_ns = MAX(lane->hold_until_ns, clock_now_ns() + lane->ready_pause_ns);
    }
    lane_ask_turn(lane);
}

/* False as well when the lane was closed meanwhile. */
static bool ask_ready(struct lane *lane)
{
    uint64_t start_ns;
    bool ready;

    pthread_mutex_lock(&lane->lock);
    lane->notified = false;
    pthread_mutex_unlock(&lane->lock);
    start_ns = clock_now_ns();
    ready = instance_is_ready(lane->instance, str_of(lane->config->project),
        str_of(lane->config->logstore), lane->config->logstore_key);
    pthread_mutex_lock(&lane->lock);
    lane_count_call(lane, LANE_CALL_IS_READY, clock_now_ns() - start_ns);
    ready = ready && !lane->closed;
    pthread_mutex_unlock(&lane->lock);
    return ready;
}

/* An earlier process may have tried what it has left in the spool: its age counts from when
 * it was made. One group that has not been tried makes it a first try for all. */
static uint64_t first_try_ns(const struct lane *lane, const struct parcel *parcel, uint64_t now_ns)
{
    uint64_t first_ns = 0;

    for (uint32_t i = 0; i < parcel->n_groups; i++) {
        const struct hold *hold = &parcel->holds[i];
        bool from_before = hold->spooled && hold->seq <= lane->spool.before_seq;

        first_ns = MAX(first_ns, from_before ? hold->group->sealed_ns : now_ns);
    }
    return MAX(first_ns, (uint64_t)1);
}

static void prepare_batch(struct lane *lane, struct parcel *parcel)
{
    struct weir_batch *batch = &parcel->batch;
    uint64_t now_ns = clock_now_ns();

    parcel->flushed_ns = now_ns;
    if (!parcel->first_ns)
        parcel->first_ns = first_try_ns(lane, parcel, now_ns);
    batch->attempt++;
    batch->deadline_ns = now_ns + lane->config->delivery.flush_timeout_ns;
    batch->groups = parcel->views;
    batch->n_groups = parcel->n_groups;
    if (lane->urgent)
        batch->flags |= WEIR_BATCH_URGENT;
    parcel->text[0] = '\0';
    parcel->code = 0;
    parcel->retry_after_ns = 0;
    lane->not_ready = false;
    lane->ready_pause_ns = 0;
    lane->stats.flushes++;
}

/* flush() has returned. */
static void finish_flush(
    struct lane *lane, struct parcel *parcel, uint32_t verdict, const struct weir_result *result)
{
    list_remove(&parcel->list);
    lane->n_flushing--;
    if (parcel->orphan) {
        list_append(&lane->orphans, &parcel->list);
    } else if (parcel->settled_early) {
        parcel->settled_early = false;
        lane_act_on_verdict(lane, parcel, parcel->early_verdict);
    } else if (verdict == WEIR_PENDING) {
        parcel->state = PARCEL_PENDING;
        list_append(&lane->pending, &parcel->list);
        lane->n_pending++;
    } else {
        lane_keep_details(parcel, result);
        lane_act_on_verdict(lane, parcel, verdict);
    }
}

static void flush_parcel(struct lane *lane, struct parcel *parcel)
{
    struct weir_result result = {.struct_size = sizeof result};
    char text[PARCEL_TEXT_MAX] = "";
    uint64_t took_ns;
    uint32_t verdict;

    result.text = text;
    result.text_max = sizeof text;
    pthread_mutex_lock(&lane->lock);
    prepare_batch(lane, parcel);
    pthread_mutex_unlock(&lane->lock);

    verdict = instance_flush(lane->instance, &parcel->batch, &result);

    pthread_mutex_lock(&lane->lock);
    took_ns = clock_now_ns() - parcel->flushed_ns;
    lane->turn.slow = took_ns > LANE_SLOW_NS;
    lane_count_call(lane, LANE_CALL_FLUSH, took_ns);
    text[sizeof text - 1] = '\0';
    finish_flush(lane, parcel, verdict, &result);
    lane_ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
}

/* What was PENDING with an instance that has ended counts as RETRY. */
static void retry_pending(struct lane *lane, bool hangs)
{
    struct parcel *parcel;

    while ((parcel = list_first(&lane->pending, struct parcel, list))) {
        list_remove(&parcel->list);
        lane->n_pending--;
        if (hangs)
            parcel = lane_orphan(lane, parcel);
        lane_act_on_verdict(lane, parcel, WEIR_RETRY);
    }
}

/* `why`: it failed, for that reason. */
static void tell_of_restart(struct lane *lane, const char *why)
{
    uint64_t suppressed;

    if (!log_limit_pass(&lane->restart_notice, clock_now_ns(), &suppressed))
        return;
    if (why)
        log_error("a broken flusher cannot be restarted yet", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name), LOG_STR("why", why), LOG_INT("similar", suppressed));
    else
        log_warn("a broken flusher was restarted", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name), LOG_INT("similar", suppressed));
}

/* Stops the instance and makes another; nothing is flushed meanwhile. */
static void restart_instance(struct lane *lane)
{
    struct weir_result result = {.struct_size = sizeof result};
    char why[PARCEL_TEXT_MAX] = "";
    bool hangs = false;
    int r;

    pthread_rwlock_wrlock(&lane->instance_lock);
    if (lane->instance) {
        hangs =
            lane_stop_instance(lane, clock_now_ns() + LANE_RESTART_STOP_NS, &result) == -ETIMEDOUT;
        instance_destroy(lane->instance);
        lane->instance = NULL;
    }
    r = lane_make_instance(lane, why, sizeof why);
    pthread_rwlock_unlock(&lane->instance_lock);
    pthread_mutex_lock(&lane->lock);
    tell_of_restart(lane, r ? why : NULL);
    retry_pending(lane, hangs);
    lane->haunted |= hangs;
    lane->broken = r != 0;
    if (r)
        lane->hold_until_ns = clock_now_ns() + LANE_RESTART_PAUSE_NS;
    lane->n_flushing--;
    lane_ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
}

/* Whether this turn is for a restart; it then counts as a flush, so that no other begins. */
static bool begin_restart(struct lane *lane)
{
    if (!lane->broken || lane->closed || lane->n_flushing || lane->hold_until_ns > clock_now_ns())
        return false;
    lane->n_flushing++;
    return true;
}

void lane_turn(struct turn *turn)
{
    struct lane *lane = container_of(turn, struct lane, turn);
    struct parcel *parcel;
    bool ready, flush;

    pthread_mutex_lock(&lane->lock);
    if (begin_restart(lane)) {
        pthread_mutex_unlock(&lane->lock);
        restart_instance(lane);
        return;
    }
    fetch(lane);
    parcel = take_parcel(lane);
    lane_ask_turn(lane); /* for another worker, if the class allows it */
    pthread_mutex_unlock(&lane->lock);
    if (!parcel)
        return;
    ready = ask_ready(lane);
    pthread_mutex_lock(&lane->lock);
    flush = ready && !would_overtake(lane, parcel);
    if (!ready) {
        wait_ready(lane, parcel);
    } else if (!flush) {
        put_back(lane, parcel);
        lane_ask_turn(lane);
    }
    pthread_mutex_unlock(&lane->lock);
    if (flush)
        flush_parcel(lane, parcel);
}
