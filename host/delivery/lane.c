#include "delivery/lane.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/judge.h"
#include "delivery/parcel.h"

/* A flush that takes longer makes its lane a slow one. */
#define LANE_SLOW_NS (100 * NS_PER_MS)
/* The pause between two questions of is_ready: doubles from the first to the second. */
#define LANE_READY_PAUSE_MIN_NS (10 * NS_PER_MS)
#define LANE_READY_PAUSE_MAX_NS (1 * NS_PER_S)
/* The longest wait for a retry once the pipeline is stopping. */
#define LANE_URGENT_DELAY_NS (100 * NS_PER_MS)
/* Repeated complaints about one lane are written at most this often. */
#define LANE_LOG_INTERVAL_NS (10 * NS_PER_S)

struct lane {
    struct turn turn;
    char *name, *pipeline;
    uint32_t number;
    bool concurrent;
    struct pool *pool;
    struct gate *gate;
    struct instance *instance;
    const struct component_config *config;
    struct retry_policy retry;

    pthread_mutex_t lock; /* of all below */
    struct queue queue;
    bool gate_closed;
    struct list retries, flushing, pending, spare; /* of parcels */
    uint32_t n_flushing, n_pending;
    uint64_t next_id;
    uint64_t hold_until_ns; /* nothing is flushed before: backoff, or not ready */
    bool not_ready;         /* that is why */
    bool notified;          /* notify_ready came while is_ready was being asked */
    uint64_t ready_pause_ns;
    uint64_t random;
    bool urgent, exiting, closed, failing, left_behind;
    struct lane_stats stats;
    struct log_limit complaint, drop_notice;
};

static const struct log_limit every_interval = {.interval_ns = LANE_LOG_INTERVAL_NS};

/* xorshift64: spreads retries, nothing more. */
static uint64_t next_random(struct lane *lane)
{
    lane->random ^= lane->random << 13;
    lane->random ^= lane->random >> 7;
    lane->random ^= lane->random << 17;
    return lane->random;
}

static bool has_work(const struct lane *lane)
{
    if (lane->closed || (lane->n_flushing && !lane->concurrent))
        return false;
    return !list_empty(&lane->retries) ||
           (lane->queue.count && lane->n_pending < lane->config->delivery.pending_max);
}

/* Asks for a turn if there is something to do. */
static void ask_turn(struct lane *lane)
{
    if (!has_work(lane))
        return;
    if (lane->hold_until_ns > clock_now_ns())
        pool_schedule_at(lane->pool, &lane->turn, lane->hold_until_ns);
    else
        pool_schedule(lane->pool, &lane->turn);
}

static void complain_of_drop(
    struct lane *lane, const char *reason, uint64_t logs, int32_t code, const char *text)
{
    uint64_t suppressed;

    if (!log_limit_pass(&lane->drop_notice, clock_now_ns(), &suppressed))
        return;
    log_error("logs dropped", LOG_STR("pipeline", lane->pipeline), LOG_STR("flusher", lane->name),
        LOG_STR("reason", reason), LOG_INT("logs", logs), LOG_INT("code", code),
        LOG_STR("words", text), LOG_INT("similar", suppressed));
}

static void count_drop(
    struct lane *lane, const char *reason, uint64_t logs, const struct parcel *parcel)
{
    if (parcel && !strcmp(reason, "rejected"))
        lane->stats.rejected_logs += logs;
    else
        lane->stats.dropped_logs += logs;
    complain_of_drop(lane, reason, logs, parcel ? parcel->code : 0, parcel ? parcel->text : "");
}

/* Opens the gate again once enough has been taken. */
static void relieve(struct lane *lane)
{
    if (lane->gate_closed && queue_low(&lane->queue)) {
        lane->gate_closed = false;
        gate_open(lane->gate);
    }
}

static void drop_group(struct lane *lane, struct group *group)
{
    lane->stats.settled_groups++;
    lane->stats.left_logs -= group->view.n_logs;
    count_drop(lane, "queue_full", group->view.n_logs, NULL);
    group_release(group, lane->number);
    group_unref(group);
}

/* Keeps the bound the way the operator chose, after a group was put in. */
static void keep_bound(struct lane *lane)
{
    switch (lane->config->delivery.when_full) {
    case WHEN_FULL_BLOCK:
        if (queue_full(&lane->queue) && !lane->gate_closed) {
            lane->gate_closed = true;
            gate_close(lane->gate);
        }
        break;
    case WHEN_FULL_DROP_OLDEST:
        while (queue_full(&lane->queue) && lane->queue.count > 1)
            drop_group(lane, queue_take(&lane->queue));
        break;
    default:
        break;
    }
}

void lane_push(struct lane *lane, struct group *group)
{
    pthread_mutex_lock(&lane->lock);
    lane->stats.pushed_logs += group->view.n_logs;
    lane->stats.left_logs += group->view.n_logs;
    if (lane->config->delivery.when_full == WHEN_FULL_DROP_NEWEST && queue_full(&lane->queue)) {
        drop_group(lane, group);
    } else {
        queue_put(&lane->queue, group);
        keep_bound(lane);
    }
    ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
}

static struct parcel *new_parcel(struct lane *lane)
{
    struct parcel *parcel = list_first(&lane->spare, struct parcel, list);

    if (parcel)
        list_remove(&parcel->list);
    else
        parcel = mem_zalloc(sizeof *parcel);
    parcel->state = PARCEL_WAITING;
    parcel->batch = (struct weir_batch){
        .struct_size = sizeof parcel->batch,
        .id = ++lane->next_id,
        .project = str_of(lane->config->project),
        .logstore = str_of(lane->config->logstore),
        .config = str_of(lane->pipeline),
        .logstore_key = lane->config->logstore_key,
    };
    parcel_fill(parcel, &lane->queue);
    relieve(lane);
    return parcel;
}

/* The parcel whose turn it is, moved to `flushing`; NULL if there is none now. */
static struct parcel *take_parcel(struct lane *lane)
{
    struct parcel *parcel;

    if (!has_work(lane) || lane->hold_until_ns > clock_now_ns())
        return NULL;
    parcel = list_first(&lane->retries, struct parcel, list);
    if (parcel)
        list_remove(&parcel->list);
    else
        parcel = new_parcel(lane);
    parcel->state = PARCEL_FLUSHING;
    list_append(&lane->flushing, &parcel->list);
    lane->n_flushing++;
    return parcel;
}

static void put_spare(struct lane *lane, struct parcel *parcel)
{
    parcel_clear(parcel);
    list_append(&lane->spare, &parcel->list);
}

/* In the order of ids, so that the oldest goes first. */
static void put_retry(struct lane *lane, struct parcel *parcel)
{
    struct list *at = lane->retries.next;

    while (
        at != &lane->retries && container_of(at, struct parcel, list)->batch.id < parcel->batch.id)
        at = at->next;
    parcel->state = PARCEL_WAITING;
    list_append(at, &parcel->list);
}

static void complain_of_retry(struct lane *lane, const struct parcel *parcel, uint64_t delay_ns)
{
    uint64_t suppressed;

    lane->failing = true;
    if (!log_limit_pass(&lane->complaint, clock_now_ns(), &suppressed))
        return;
    log_warn("flush failed, will be sent again", LOG_STR("pipeline", lane->pipeline),
        LOG_STR("flusher", lane->name), LOG_INT("attempt", parcel->batch.attempt),
        LOG_INT("retry_in_ms", delay_ns / NS_PER_MS), LOG_INT("code", parcel->code),
        LOG_STR("words", parcel->text), LOG_INT("similar", suppressed));
}

static void note_recovery(struct lane *lane)
{
    if (lane->failing)
        log_info(
            "delivers again", LOG_STR("pipeline", lane->pipeline), LOG_STR("flusher", lane->name));
    lane->failing = false;
}

static void send_again(struct lane *lane, struct parcel *parcel, uint64_t delay_ns)
{
    if (lane->urgent)
        delay_ns = MIN(delay_ns, LANE_URGENT_DELAY_NS);
    lane->stats.retries++;
    complain_of_retry(lane, parcel, delay_ns);
    parcel->batch.flags |= WEIR_BATCH_REPLAY;
    lane->hold_until_ns = MAX(lane->hold_until_ns, clock_now_ns() + delay_ns);
    put_retry(lane, parcel);
}

/* What is left after the logs that are settled have been let go of. */
static void act_on_rest(struct lane *lane, struct parcel *parcel, uint64_t logs)
{
    struct judge_case given = {.verdict = WEIR_RETRY,
        .attempts = parcel->batch.attempt,
        .age_ns = clock_now_ns() - parcel->first_ns,
        .retry_after_ns = parcel->retry_after_ns,
        .random = next_random(lane)};
    struct judgement next = judge(&given, &lane->retry);

    if (next.action == JUDGE_AGAIN) {
        send_again(lane, parcel, next.delay_ns);
        return;
    }
    count_drop(lane, next.reason, logs, parcel);
    lane->stats.left_logs -= logs;
    lane->stats.settled_groups += parcel->n_groups;
    parcel_release(parcel, lane->number);
    put_spare(lane, parcel);
}

/* A verdict other than PENDING has been given. The parcel is in no list. */
static void act_on_verdict(struct lane *lane, struct parcel *parcel, uint32_t verdict)
{
    struct parcel_count count = parcel_count(parcel, verdict);
    uint32_t n_groups = parcel->n_groups;
    uint32_t n_kept;

    lane->stats.delivered_logs += count.delivered_logs;
    lane->stats.delivered_bytes += count.delivered_bytes;
    lane->stats.left_logs -= count.delivered_logs + count.rejected_logs;
    if (count.rejected_logs)
        count_drop(lane, "rejected", count.rejected_logs, parcel);
    if (count.delivered_logs)
        note_recovery(lane);
    /* An empty group shares the batch's verdict, too. */
    n_kept = parcel_keep_retries(parcel, verdict, lane->number);
    lane->stats.settled_groups += n_groups - n_kept;
    lane->stats.delivered_groups += verdict == WEIR_DELIVERED ? n_groups - n_kept : 0;
    if (n_kept)
        act_on_rest(lane, parcel, count.retry_logs);
    else
        put_spare(lane, parcel);
}

static void keep_details(struct parcel *parcel, const struct weir_result *result)
{
    parcel->code = result ? result->code : 0;
    parcel->retry_after_ns = result ? result->retry_after_ns : 0;
    if (!result || !result->text)
        parcel->text[0] = '\0';
    else if (result->text != parcel->text)
        snprintf(parcel->text, sizeof parcel->text, "%s", result->text);
}

static struct parcel *find_parcel(struct list *list, uint64_t id)
{
    struct parcel *parcel;

    LIST_EACH (parcel, list, list) {
        if (parcel->batch.id == id)
            return parcel;
    }
    return NULL;
}

/* host->settle: ends a PENDING batch, maybe before flush() has said PENDING. */
static int on_settle(
    void *owner, uint64_t batch_id, uint32_t verdict, const struct weir_result *result)
{
    struct lane *lane = owner;
    struct parcel *parcel;
    int r = 0;

    pthread_mutex_lock(&lane->lock);
    if ((parcel = find_parcel(&lane->pending, batch_id))) {
        list_remove(&parcel->list);
        lane->n_pending--;
        keep_details(parcel, result);
        act_on_verdict(lane, parcel, verdict == WEIR_PENDING ? WEIR_RETRY : verdict);
        ask_turn(lane);
    } else if ((parcel = find_parcel(&lane->flushing, batch_id)) && !parcel->settled_early) {
        parcel->settled_early = true;
        parcel->early_verdict = verdict == WEIR_PENDING ? WEIR_RETRY : verdict;
        keep_details(parcel, result);
    } else {
        r = -ENOENT;
    }
    pthread_mutex_unlock(&lane->lock);
    return r;
}

/* host->mark: the verdict of a single log. */
static int on_mark(void *owner, const struct weir_batch *batch, uint32_t group, uint32_t log,
    uint32_t verdict, int32_t code, struct weir_str text)
{
    struct lane *lane = owner;
    struct parcel *parcel;
    int r = -EINVAL;

    pthread_mutex_lock(&lane->lock);
    parcel = find_parcel(&lane->flushing, batch->id);
    if (!parcel)
        parcel = find_parcel(&lane->pending, batch->id);
    if (parcel)
        r = parcel_mark(parcel, group, log, verdict);
    if (!r && verdict == WEIR_REJECTED) {
        parcel->code = code;
        snprintf(parcel->text, sizeof parcel->text, "%.*s",
            (int)MIN(text.size, sizeof parcel->text), text.data ? text.data : "");
    }
    pthread_mutex_unlock(&lane->lock);
    return r;
}

/* host->notify_ready. */
static void on_notify_ready(void *owner)
{
    struct lane *lane = owner;

    pthread_mutex_lock(&lane->lock);
    lane->notified = true;
    if (lane->not_ready) {
        lane->not_ready = false;
        lane->hold_until_ns = 0;
        ask_turn(lane);
    }
    pthread_mutex_unlock(&lane->lock);
}

/* is_ready said no: the parcel waits, and the pause grows. */
static void wait_ready(struct lane *lane, struct parcel *parcel)
{
    list_remove(&parcel->list);
    lane->n_flushing--;
    put_retry(lane, parcel);
    if (!lane->notified) {
        lane->not_ready = true;
        lane->ready_pause_ns =
            MIN(MAX(2 * lane->ready_pause_ns, LANE_READY_PAUSE_MIN_NS), LANE_READY_PAUSE_MAX_NS);
        if (lane->urgent)
            lane->ready_pause_ns = MIN(lane->ready_pause_ns, LANE_READY_PAUSE_MIN_NS);
        lane->hold_until_ns = MAX(lane->hold_until_ns, clock_now_ns() + lane->ready_pause_ns);
    }
    ask_turn(lane);
}

static bool ask_ready(struct lane *lane)
{
    bool ready;

    pthread_mutex_lock(&lane->lock);
    lane->notified = false;
    pthread_mutex_unlock(&lane->lock);
    ready = instance_is_ready(lane->instance, str_of(lane->config->project),
        str_of(lane->config->logstore), lane->config->logstore_key);
    return ready;
}

static void prepare_batch(struct lane *lane, struct parcel *parcel)
{
    struct weir_batch *batch = &parcel->batch;
    uint64_t now_ns = clock_now_ns();

    if (!parcel->first_ns)
        parcel->first_ns = now_ns;
    batch->attempt++;
    batch->deadline_ns = now_ns + lane->config->delivery.flush_timeout_ns;
    batch->groups = parcel->views;
    batch->n_groups = parcel->n_groups;
    if (lane->urgent)
        batch->flags |= WEIR_BATCH_URGENT;
    parcel->text[0] = '\0';
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
    if (parcel->settled_early) {
        parcel->settled_early = false;
        act_on_verdict(lane, parcel, parcel->early_verdict);
    } else if (verdict == WEIR_PENDING) {
        parcel->state = PARCEL_PENDING;
        list_append(&lane->pending, &parcel->list);
        lane->n_pending++;
    } else {
        keep_details(parcel, result);
        act_on_verdict(lane, parcel, verdict);
    }
}

static void flush_parcel(struct lane *lane, struct parcel *parcel)
{
    struct weir_result result = {.struct_size = sizeof result};
    char text[PARCEL_TEXT_MAX] = "";
    uint64_t start_ns;
    uint32_t verdict;

    result.text = text;
    result.text_max = sizeof text;
    pthread_mutex_lock(&lane->lock);
    prepare_batch(lane, parcel);
    pthread_mutex_unlock(&lane->lock);

    start_ns = clock_now_ns();
    verdict = instance_flush(lane->instance, &parcel->batch, &result);

    pthread_mutex_lock(&lane->lock);
    lane->turn.slow = clock_now_ns() - start_ns > LANE_SLOW_NS;
    text[sizeof text - 1] = '\0';
    finish_flush(lane, parcel, verdict, &result);
    ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
}

static void lane_turn(struct turn *turn)
{
    struct lane *lane = container_of(turn, struct lane, turn);
    struct parcel *parcel;

    pthread_mutex_lock(&lane->lock);
    parcel = take_parcel(lane);
    ask_turn(lane); /* for another worker, if the class allows it */
    pthread_mutex_unlock(&lane->lock);
    if (!parcel)
        return;
    if (ask_ready(lane)) {
        flush_parcel(lane, parcel);
        return;
    }
    pthread_mutex_lock(&lane->lock);
    wait_ready(lane, parcel);
    pthread_mutex_unlock(&lane->lock);
}

static struct lane *new_lane(const struct lane_spec *spec)
{
    const struct delivery_config *delivery = &spec->config->delivery;
    struct lane *lane = mem_zalloc(sizeof *lane);

    lane->turn.run = lane_turn;
    lane->name = mem_strdup(spec->name);
    lane->pipeline = mem_strdup(spec->pipeline);
    lane->number = spec->number;
    lane->pool = spec->pool;
    lane->gate = spec->gate;
    lane->config = spec->config;
    lane->retry = (struct retry_policy){delivery->retry_initial_delay_ns,
        delivery->retry_max_delay_ns, delivery->retry_max_attempts, delivery->retry_max_age_ns};
    lane->random = clock_wall_ns() ^ (uintptr_t)lane;
    lane->complaint = lane->drop_notice = every_interval;
    pthread_mutex_init(&lane->lock, NULL);
    queue_init(&lane->queue, delivery->queue_max_bytes, delivery->queue_max_groups);
    list_init(&lane->retries);
    list_init(&lane->flushing);
    list_init(&lane->pending);
    list_init(&lane->spare);
    list_init(&lane->turn.line);
    return lane;
}

struct lane *lane_create(const struct lane_spec *spec, char *why, size_t why_max)
{
    struct lane *lane = new_lane(spec);
    struct instance_spec instance = {
        .registry = spec->registry,
        .type = spec->config->type,
        .options = spec->config->options,
        .pipeline = lane->pipeline,
        .project = spec->config->project,
        .logstore = spec->config->logstore,
        .logstore_key = spec->config->logstore_key,
        .lane = lane->name,
        .data_dir = spec->data_dir,
        .owner = lane,
        .settle = on_settle,
        .mark = on_mark,
        .notify_ready = on_notify_ready,
    };

    if (instance_create(&instance, &lane->instance, why, why_max)) {
        lane_destroy(lane);
        return NULL;
    }
    lane->concurrent = instance_flags(lane->instance) & WEIR_CONCURRENT;
    return lane;
}

void lane_set_urgent(struct lane *lane, bool exiting)
{
    pthread_mutex_lock(&lane->lock);
    lane->urgent = true;
    lane->exiting = exiting;
    lane->hold_until_ns = MIN(lane->hold_until_ns, clock_now_ns() + LANE_URGENT_DELAY_NS);
    ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
    instance_set_urgent(lane->instance, exiting);
}

bool lane_idle(struct lane *lane)
{
    bool idle;

    pthread_mutex_lock(&lane->lock);
    idle =
        !lane->queue.count && list_empty(&lane->retries) && !lane->n_flushing && !lane->n_pending;
    pthread_mutex_unlock(&lane->lock);
    return idle;
}

void lane_get_stats(struct lane *lane, struct lane_stats *ret_stats)
{
    pthread_mutex_lock(&lane->lock);
    *ret_stats = lane->stats;
    pthread_mutex_unlock(&lane->lock);
}

const char *lane_name(const struct lane *lane)
{
    return lane->name;
}

static void give_back_list(struct lane *lane, struct list *list)
{
    struct parcel *parcel;

    while ((parcel = list_first(list, struct parcel, list))) {
        list_remove(&parcel->list);
        parcel_give_back(parcel, lane->number);
        put_spare(lane, parcel);
    }
}

/* What was not settled stays unsecured in its source. */
static void give_back_all(struct lane *lane)
{
    struct group *group;

    pthread_mutex_lock(&lane->lock);
    while ((group = queue_take(&lane->queue))) {
        group_give_back(group, lane->number);
        group_unref(group);
    }
    relieve(lane);
    give_back_list(lane, &lane->retries);
    give_back_list(lane, &lane->pending);
    lane->n_pending = 0;
    pthread_mutex_unlock(&lane->lock);
}

bool lane_close(struct lane *lane, uint64_t deadline_ns)
{
    struct weir_result result = {.struct_size = sizeof result};
    char text[PARCEL_TEXT_MAX] = "";
    int r;

    pthread_mutex_lock(&lane->lock);
    lane->closed = true;
    pthread_mutex_unlock(&lane->lock);
    if (!pool_forget(lane->pool, &lane->turn, deadline_ns)) {
        log_error("flusher hangs in a call and is left behind", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name));
        give_back_all(lane);
        lane->left_behind = true;
        return false;
    }
    result.text = text;
    result.text_max = sizeof text;
    r = instance_stop(lane->instance, deadline_ns, &result);
    if (r == -ETIMEDOUT)
        log_error("flusher hangs in stop and is left behind", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name));
    else if (r)
        log_warn("flusher did not stop cleanly", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name), LOG_INT("code", r), LOG_STR("words", text));
    give_back_all(lane);
    lane->left_behind = r == -ETIMEDOUT;
    return !lane->left_behind;
}

bool lane_destroy(struct lane *lane)
{
    struct parcel *parcel;

    if (!lane)
        return true;
    if (lane->left_behind)
        return false;
    instance_destroy(lane->instance);
    LIST_EACH (parcel, &lane->spare, list) {
        free(parcel);
    }
    queue_finish(&lane->queue);
    pthread_mutex_destroy(&lane->lock);
    free(lane->name);
    free(lane->pipeline);
    free(lane);
    return true;
}
