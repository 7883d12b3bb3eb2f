/* What becomes of what is left when a lane ends: the next lane of its name goes on with
 * it, or it is given back to its sources. */
#include <errno.h>
#include <string.h>
#include "base/mem.h"
#include "delivery/lane_private.h"

/* What the flusher has said so far: a flush that hangs may still mark in the original. */
static void copy_verdicts(struct parcel *copy, const struct parcel *parcel)
{
    if (parcel->marks)
        copy->marks = memcpy(mem_zalloc(parcel->n_logs), parcel->marks, parcel->n_logs);
    copy->settled_early = parcel->settled_early;
    copy->early_verdict = parcel->early_verdict;
    copy->code = parcel->code;
    memcpy(copy->text, parcel->text, sizeof copy->text);
}

struct parcel *lane_orphan(struct lane *lane, struct parcel *parcel)
{
    struct parcel *copy = mem_zalloc(sizeof *copy);

    copy->probe = parcel->probe;
    copy->batch = parcel->batch;
    copy->first_ns = parcel->first_ns;
    copy->flushed_ns = parcel->flushed_ns;
    copy->n_groups = parcel->n_groups;
    copy->n_logs = parcel->n_logs;
    for (uint32_t i = 0; i < parcel->n_groups; i++) {
        copy->holds[i] = parcel->holds[i];
        group_ref(copy->holds[i].group);
        copy->views[i] = parcel->views[i]; /* it stays, as long as the original does */
        copy->first_log[i] = parcel->first_log[i];
    }
    copy_verdicts(copy, parcel);
    parcel->orphan = true;
    if (!list_linked(&parcel->list))
        list_append(&lane->orphans, &parcel->list);
    return copy;
}

/* What hangs with the flusher is replaced by copies of what it has not settled, which wait. */
static void orphan_list(struct lane *lane, struct list *list)
{
    struct parcel *parcel, *copy;

    LIST_EACH (parcel, list, list) {
        if (parcel->state == PARCEL_PENDING) /* a late settle must not find it */
            list_remove(&parcel->list);
        copy = lane_orphan(lane, parcel);
        if (lane_keep_unsettled(lane, copy))
            lane_put_retry(lane, copy);
    }
}

/* Everything that is not settled, among `retries` and in the queue. */
static void collect(struct lane *lane, bool hangs)
{
    struct parcel *parcel;

    if (hangs) {
        orphan_list(lane, &lane->flushing);
        orphan_list(lane, &lane->pending);
    }
    while (!hangs && (parcel = list_first(&lane->pending, struct parcel, list))) {
        list_remove(&parcel->list);
        if (lane_keep_unsettled(lane, parcel))
            lane_put_retry(lane, parcel);
    }
    lane->n_pending = 0;
}

static void give_back_queue(struct queue *queue)
{
    struct hold hold;

    while ((hold = queue_take(queue)).group)
        hold_give_back(&hold);
}

/* What is neither settled nor spooled stays unsecured in its source. */
static void give_back(struct lane *lane)
{
    struct parcel *parcel;

    lane_spool_unstage(lane);
    give_back_queue(&lane->queue);
    while ((parcel = list_first(&lane->retries, struct parcel, list))) {
        list_remove(&parcel->list);
        parcel_give_back(parcel);
        parcels_put(lane->parcels, parcel);
    }
}

/* The destination may be another now: attempts and age count anew. */
static void inherit_parcel(struct lane *heir, struct parcel *parcel)
{
    list_remove(&parcel->list);
    lane_address(heir, &parcel->batch);
    if (parcel->batch.attempt)
        parcel->batch.flags = WEIR_BATCH_REPLAY;
    parcel->batch.attempt = 0;
    parcel->first_ns = 0;
    parcel->settled_early = parcel->probe = false;
    lane_put_retry(heir, parcel);
}

/* What lies in a spool that is stuck is read from there again. */
static void inherit_hold(struct lane *heir, struct hold hold, bool stuck)
{
    if (!stuck || !hold.spooled) {
        queue_put(&heir->queue, hold);
        return;
    }
    heir->stats.left_logs -= MIN(hold.group->view.n_logs, heir->stats.left_logs);
    group_unref(hold.group);
}

/* Counters go on, too: the lane is the same to whoever looks at it. */
static void hand_over(struct lane *lane, struct lane *heir)
{
    struct parcel *parcel;
    struct hold hold;

    pthread_mutex_lock(&heir->lock);
    heir->next_id = lane->next_id;
    lane_stats_add(&heir->stats, &lane->stats); /* which has been made, and no more */
    heir->last_error = lane->last_error;
    lane->stats.left_logs = 0;
    while ((parcel = list_first(&lane->retries, struct parcel, list)))
        inherit_parcel(heir, parcel);
    while ((hold = queue_take(&lane->queue)).group)
        inherit_hold(heir, hold, lane->spool.stuck);
    lane_spool_inherit(heir, lane);
    lane_keep_bound(heir);
    lane_ask_turn(heir);
    pthread_mutex_unlock(&heir->lock);
}

/* It keeps nobody waiting any more, whatever is left in it. */
static void let_go_of_gate(struct lane *lane)
{
    if (lane->gate_closed)
        gate_open(lane->gate);
    lane->gate_closed = false;
}

static void leave(struct lane *lane, struct lane *heir, bool hangs, bool spool_ended)
{
    pthread_mutex_lock(&lane->lock);
    lane->left_behind = hangs || !spool_ended;
    lane_spool_leave(lane);
    collect(lane, hangs);
    pthread_mutex_unlock(&lane->lock);
    if (!heir)
        lane_spool_close(lane);
    pthread_mutex_lock(&lane->lock);
    if (heir)
        hand_over(lane, heir);
    else
        give_back(lane);
    let_go_of_gate(lane);
    pthread_mutex_unlock(&lane->lock);
}

static void tell_of_stop(const struct lane *lane, int r, const char *words)
{
    if (r == -ETIMEDOUT)
        log_error("flusher hangs in stop and is left behind", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name));
    else if (r)
        log_warn("flusher did not stop cleanly", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name), LOG_INT("code", r), LOG_STR("words", words));
}

bool lane_close(struct lane *lane, struct lane *heir, uint64_t deadline_ns)
{
    struct weir_result result = {.struct_size = sizeof result};
    char text[PARCEL_TEXT_MAX] = "";
    bool spool_ended;
    int r = 0;

    pthread_mutex_lock(&lane->lock);
    lane->closed = true;
    pthread_mutex_unlock(&lane->lock);
    spool_ended = lane_spool_stop(lane, deadline_ns);
    if (!pool_forget(lane->pool, &lane->turn, deadline_ns)) {
        log_error("flusher hangs in a call and is left behind", LOG_STR("pipeline", lane->pipeline),
            LOG_STR("flusher", lane->name));
        pthread_mutex_lock(&lane->lock);
        lane->stats.measures.faults[LANE_FAULT_FLUSH_HANGS]++;
        pthread_mutex_unlock(&lane->lock);
        leave(lane, heir, true, spool_ended);
        return false;
    }
    result.text = text;
    result.text_max = sizeof text;
    if (lane->instance)
        r = lane_stop_instance(lane, deadline_ns, &result);
    tell_of_stop(lane, r, text);
    leave(lane, heir, r == -ETIMEDOUT, spool_ended);
    return !lane->left_behind;
}
