#include "delivery/lane.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "delivery/lane_holds.h"
#include "delivery/lane_private.h"

/* Repeated complaints about one lane are written at most this often. */
#define LANE_LOG_INTERVAL_NS (10 * NS_PER_S)

/* A lane's share of the memory that is left is one part of so many: what each pipeline has
 * read and not pushed yet comes on top. */
#define LANE_LEFT_PART 4

static const struct log_limit every_interval = {.interval_ns = LANE_LOG_INTERVAL_NS};

static struct lane *new_lane(const struct lane_spec *spec)
{
    const struct delivery_config *delivery = &spec->config->delivery;
    struct lane *lane = mem_zalloc(sizeof *lane);

    lane->turn.run = lane_turn;
    lane->name = mem_strdup(spec->name);
    lane->pipeline = mem_strdup(spec->pipeline);
    lane->number = spec->number;
    lane->once = spec->once;
    lane->letters = delivery->dead_letter ? spec->letters : NULL;
    lane->pool = spec->pool;
    lane->memory = spec->memory;
    lane->parcels = spec->parcels;
    lane->gate = spec->gate;
    lane->config = spec->config;
    lane->retry = (struct retry_policy){delivery->retry_initial_delay_ns,
        delivery->retry_max_delay_ns, delivery->retry_max_attempts, delivery->retry_max_age_ns};
    lane->circuit_threshold = delivery->circuit_failures;
    lane->random = clock_wall_ns() ^ (uintptr_t)lane;
    lane->complaint = lane->drop_notice = lane->restart_notice = every_interval;
    pthread_mutex_init(&lane->lock, NULL);
    pthread_rwlock_init(&lane->instance_lock, NULL);
    queue_init(&lane->queue, delivery->queue_max_bytes, delivery->queue_max_groups);
    list_init(&lane->retries);
    list_init(&lane->flushing);
    list_init(&lane->pending);
    list_init(&lane->orphans);
    list_init(&lane->turn.line);
    lane_spool_init(lane, spec);
    return lane;
}

int lane_make_instance(struct lane *lane, char *why, size_t why_max)
{
    uint64_t start_ns = clock_now_ns();
    int r = instance_create(&lane->instance_spec, &lane->instance, why, why_max);

    pthread_mutex_lock(&lane->lock);
    lane_count_call(lane, LANE_CALL_INIT, clock_now_ns() - start_ns);
    lane->stats.measures.faults[LANE_FAULT_INIT] += r != 0;
    lane->haunted |= r == -ETIMEDOUT;
    pthread_mutex_unlock(&lane->lock);
    return r;
}

int lane_stop_instance(struct lane *lane, uint64_t deadline_ns, struct weir_result *result)
{
    uint64_t start_ns = clock_now_ns();
    bool called = !instance_abandoned(lane->instance);
    int r = instance_stop(lane->instance, deadline_ns, result);

    if (!called)
        return r;
    pthread_mutex_lock(&lane->lock);
    lane_count_call(lane, LANE_CALL_STOP, clock_now_ns() - start_ns);
    if (r)
        lane->stats.measures.faults[r == -ETIMEDOUT ? LANE_FAULT_STOP_HANGS : LANE_FAULT_STOP]++;
    pthread_mutex_unlock(&lane->lock);
    return r;
}

struct lane *lane_create(const struct lane_spec *spec, bool *ret_hangs, char *why, size_t why_max)
{
    struct lane *lane = new_lane(spec);

    lane->instance_spec = (struct instance_spec){
        .registry = spec->registry,
        .type = spec->config->type,
        .class = spec->config->class,
        .options = spec->config->options,
        .pipeline = lane->pipeline,
        .project = spec->config->project,
        .logstore = spec->config->logstore,
        .logstore_key = spec->config->logstore_key,
        .lane = lane->name,
        .data_dir = spec->data_dir,
        .owner = lane,
        .settle = lane_on_settle,
        .mark = lane_on_mark,
        .notify_ready = lane_on_notify_ready,
        .misbehaved = lane_on_misbehaviour,
    };

    if (lane_make_instance(lane, why, why_max)) {
        *ret_hangs = lane->haunted;
        lane->haunted = false; /* nobody has the lane yet */
        lane_destroy(lane);
        return NULL;
    }
    lane->concurrent = instance_flags(lane->instance) & WEIR_CONCURRENT;
    return lane;
}

void lane_start(struct lane *lane)
{
    lane_spool_start(lane);
}

/* Where groups wait that come now: what must not grow beyond its bound. */
static struct queue *entrance(struct lane *lane)
{
    return lane->spool.mode == SPOOL_OFF ? &lane->queue : &lane->spool.staging;
}

static bool add_held(void *context, struct hold *hold, const struct weir_group *view)
{
    size_t *bytes = context;

    (void)view;
    *bytes += hold->group->held_bytes;
    return true;
}

/* Whether it holds as much as its share of what is left. So many lanes whose destinations
 * are dead divide the memory, and some stays for those that live. What has a spool can go
 * there; only what is on its way to it counts. */
static bool is_crowded(struct lane *lane)
{
    size_t share = memory_left(lane->memory) / LANE_LEFT_PART, bytes = lane->spool.staging.bytes;

    if (memory_used(lane->memory) < share) /* it cannot hold so much */
        return false;
    if (lane->spool.mode == SPOOL_OFF)
        lane_each_hold(lane, true, add_held, &bytes);
    return bytes && bytes >= share;
}

void lane_keep_bound(struct lane *lane)
{
    struct queue *queue = entrance(lane);
    struct hold oldest;

    switch (lane->config->delivery.when_full) {
    case WHEN_FULL_BLOCK:
        if (!lane->gate_closed && (queue_full(queue) || is_crowded(lane))) {
            lane->gate_closed = true;
            gate_close(lane->gate);
        }
        break;
    case WHEN_FULL_DROP_OLDEST:
        while (queue_full(queue) && queue->count > 1) {
            oldest = queue_take(queue);
            lane_drop(lane, &oldest);
        }
        break;
    default:
        break;
    }
}

void lane_relieve(struct lane *lane)
{
    if (lane->gate_closed && queue_low(entrance(lane)) && !is_crowded(lane)) {
        lane->gate_closed = false;
        gate_open(lane->gate);
    }
}

/* Whether what comes now makes logs go, itself or others. */
static bool is_to_drop(struct lane *lane)
{
    return lane->config->delivery.when_full != WHEN_FULL_BLOCK && queue_full(entrance(lane));
}

/* With the lock held. */
static void push(struct lane *lane, struct hold hold)
{
    const struct group *group = hold.group;

    lane->stats.pushed_logs += group->view.n_logs;
    lane->stats.left_logs += group->view.n_logs;
    if (lane->config->delivery.when_full == WHEN_FULL_DROP_NEWEST && is_to_drop(lane)) {
        lane_drop(lane, &hold);
    } else if (lane_spool_takes(lane)) {
        lane_spool_stage(lane, hold);
        lane_keep_bound(lane);
    } else {
        hold.seq = lane->spool.read_seq = ++lane->spool.last_seq;
        queue_put(&lane->queue, hold);
        lane_keep_bound(lane);
    }
    lane_ask_turn(lane);
}

void lane_push(struct lane *lane, struct group *group)
{
    pthread_mutex_lock(&lane->lock);
    push(lane, (struct hold){.group = group, .number = lane->number});
    pthread_mutex_unlock(&lane->lock);
}

bool lane_push_replayed(struct lane *lane, struct group *group)
{
    bool taken;

    pthread_mutex_lock(&lane->lock);
    taken = !is_to_drop(lane);
    if (taken)
        push(lane, (struct hold){.group = group, .replayed = true});
    pthread_mutex_unlock(&lane->lock);
    return taken;
}

static void tell_urgent(struct lane *lane, bool exiting)
{
    uint64_t start_ns = clock_now_ns();

    pthread_rwlock_rdlock(&lane->instance_lock);
    if (lane->instance) {
        instance_set_urgent(lane->instance, exiting);
        pthread_mutex_lock(&lane->lock);
        lane_count_call(lane, LANE_CALL_SET_URGENT, clock_now_ns() - start_ns);
        pthread_mutex_unlock(&lane->lock);
    }
    pthread_rwlock_unlock(&lane->instance_lock);
}

void lane_set_urgent(struct lane *lane, bool exiting)
{
    pthread_mutex_lock(&lane->lock);
    lane->urgent = true;
    lane->exiting = exiting;
    lane->hold_until_ns = MIN(lane->hold_until_ns, clock_now_ns() + LANE_URGENT_DELAY_NS);
    lane->circuit.open_until_ns =
        MIN(lane->circuit.open_until_ns, clock_now_ns() + LANE_URGENT_DELAY_NS);
    lane_ask_turn(lane);
    pthread_mutex_unlock(&lane->lock);
    tell_urgent(lane, exiting);
}

bool lane_has_unsettled(const struct lane *lane)
{
    return lane->queue.count || !list_empty(&lane->retries) || lane->n_flushing || lane->n_pending;
}

bool lane_is_idle(struct lane *lane)
{
    if (!lane_has_unsettled(lane) && !lane->spool.staging.count && !lane->spool.n_writing &&
        !lane_spool_unread(lane) && !lane->spool.unknown)
        return true;
    return lane->exiting && !lane->once && !lane->n_flushing && lane_spool_holds_all(lane);
}

bool lane_idle(struct lane *lane)
{
    bool idle;

    pthread_mutex_lock(&lane->lock);
    idle = lane_is_idle(lane);
    pthread_mutex_unlock(&lane->lock);
    return idle;
}

void lane_set_watch(struct lane *lane, struct lane_watch *watch)
{
    pthread_mutex_lock(&lane->lock);
    lane->watch = watch;
    pthread_mutex_unlock(&lane->lock);
}

void lane_count_settled(struct lane *lane, uint64_t groups)
{
    if (!groups)
        return;
    lane->stats.settled_groups += groups;
    lane->settled_ns = clock_now_ns();
}

uint64_t lane_settled_ns(struct lane *lane)
{
    uint64_t settled_ns;

    pthread_mutex_lock(&lane->lock);
    settled_ns = lane->settled_ns;
    pthread_mutex_unlock(&lane->lock);
    return settled_ns;
}

const char *lane_name(const struct lane *lane)
{
    return lane->name;
}

const char *lane_type(const struct lane *lane)
{
    return lane->config->type;
}

bool lane_destroy(struct lane *lane)
{
    if (!lane)
        return true;
    if (lane->left_behind)
        return false;
    instance_destroy(take_ptr(lane->instance));
    if (lane->haunted)
        return false;
    queue_finish(&lane->queue);
    lane_spool_finish(lane);
    pthread_mutex_destroy(&lane->lock);
    pthread_rwlock_destroy(&lane->instance_lock);
    free(lane->name);
    free(lane->pipeline);
    free(lane);
    return true;
}
