#include "delivery/lane_private.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"

/* xorshift64: spreads retries, nothing more. */
static uint64_t next_random(struct lane *lane)
{
    lane->random ^= lane->random << 13;
    lane->random ^= lane->random >> 7;
    lane->random ^= lane->random << 17;
    return lane->random;
}

static void keep_error(struct lane *lane, uint32_t verdict, const struct parcel *parcel)
{
    struct lane_error *error = &lane->last_error;

    error->wall_ns = clock_wall_ns();
    error->verdict = verdict;
    error->attempt = parcel->batch.attempt;
    error->code = parcel->code;
    snprintf(error->text, sizeof error->text, "%.*s", (int)sizeof error->text - 1, parcel->text);
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
    keep_error(lane, lane->broken ? WEIR_BROKEN : WEIR_RETRY, parcel);
    complain_of_retry(lane, parcel, delay_ns);
    parcel->batch.flags |= WEIR_BATCH_REPLAY;
    lane->hold_until_ns = MAX(lane->hold_until_ns, clock_now_ns() + delay_ns);
    lane_put_retry(lane, parcel);
}

/* Nothing was taken or refused. When the circuit opens no other batch is tried before
 * the same pause is over. */
static void tell_circuit(struct lane *lane, const struct parcel *parcel, uint64_t pause_ns)
{
    bool was_closed = lane->circuit.state == CIRCUIT_CLOSED;

    if (lane->urgent)
        pause_ns = MIN(pause_ns, LANE_URGENT_DELAY_NS);
    circuit_tell(
        &lane->circuit, false, parcel->probe, lane->circuit_threshold, clock_now_ns(), pause_ns);
    lane->stats.circuit_opens += was_closed && lane->circuit.state == CIRCUIT_OPEN;
}

/* What is left after the logs that are settled have been let go of. `answered`: the
 * destination took or refused some of the batch. */
static void act_on_rest(struct lane *lane, struct parcel *parcel, uint64_t logs, bool answered)
{
    struct judge_case given = {.verdict = WEIR_RETRY,
        .attempts = parcel->batch.attempt,
        .age_ns = clock_now_ns() - parcel->first_ns,
        .retry_after_ns = parcel->retry_after_ns,
        .random = next_random(lane)};
    struct judgement next = judge(&given, &lane->retry);

    if (!answered)
        tell_circuit(lane, parcel,
            next.action == JUDGE_AGAIN ? next.delay_ns
                                       : judge_backoff(&lane->retry, given.attempts, given.random));
    if (next.action == JUDGE_AGAIN) {
        send_again(lane, parcel, next.delay_ns);
        return;
    }
    keep_error(lane, WEIR_RETRY, parcel);
    lane_give_up(lane, parcel, next.reason, WEIR_RETRY, logs);
    lane_count_settled(lane, parcel->n_groups);
    parcel_release(parcel, lane->spool.store);
    parcels_put(lane->parcels, parcel);
}

/* `verdict`: the batch's; logs may be rejected by a mark. */
static void give_up_rejected(
    struct lane *lane, const struct parcel *parcel, uint32_t verdict, uint64_t logs)
{
    struct judge_case given = {.verdict = WEIR_REJECTED, .attempts = parcel->batch.attempt};
    struct judgement next = judge(&given, &lane->retry);

    keep_error(lane, WEIR_REJECTED, parcel);
    lane_give_up(lane, parcel, next.reason, verdict, logs);
}

/* Whether the destination is there: it took or refused something. */
static bool is_answer(uint32_t verdict, const struct parcel_count *count)
{
    return verdict == WEIR_DELIVERED || verdict == WEIR_REJECTED || count->delivered_logs ||
           count->rejected_logs;
}

/* Logs that are delivered or rejected are let go of. Returns how many groups are left. */
static uint32_t let_go_of_ended(
    struct lane *lane, struct parcel *parcel, uint32_t verdict, const struct parcel_count *count)
{
    uint32_t n_groups = parcel->n_groups;
    uint32_t n_kept;

    lane->stats.measures.faults[LANE_FAULT_REJECTED] += count->rejected_logs > 0;
    lane->stats.delivered_logs += count->delivered_logs;
    lane->stats.delivered_bytes += count->delivered_bytes;
    lane->stats.left_logs -= MIN(count->delivered_logs, lane->stats.left_logs);
    if (count->rejected_logs)
        give_up_rejected(lane, parcel, verdict, count->rejected_logs);
    if (count->delivered_logs)
        note_recovery(lane);
    /* An empty group shares the batch's verdict, too. */
    n_kept = parcel_keep_retries(parcel, verdict, lane->spool.store);
    lane_count_settled(lane, n_groups - n_kept);
    lane->stats.delivered_groups += verdict == WEIR_DELIVERED ? n_groups - n_kept : 0;
    return n_kept;
}

bool lane_keep_unsettled(struct lane *lane, struct parcel *parcel)
{
    uint32_t verdict = parcel->settled_early ? parcel->early_verdict : WEIR_RETRY;
    struct parcel_count count = parcel_count(parcel, verdict);

    if (let_go_of_ended(lane, parcel, verdict, &count))
        return true;
    parcels_put(lane->parcels, parcel);
    return false;
}

void lane_act_on_verdict(struct lane *lane, struct parcel *parcel, uint32_t verdict)
{
    struct parcel_count count = parcel_count(parcel, verdict);
    bool answered = is_answer(verdict, &count);
    uint32_t n_kept;

    lane->broken |= verdict == WEIR_BROKEN;
    lane_durations_add(&lane->stats.measures.sends, clock_now_ns() - parcel->flushed_ns);
    lane->stats.measures.faults[LANE_FAULT_BROKEN] += verdict == WEIR_BROKEN;
    if (answered)
        circuit_tell(&lane->circuit, true, parcel->probe, 0, 0, 0);
    n_kept = let_go_of_ended(lane, parcel, verdict, &count);
    lane->stats.measures.faults[LANE_FAULT_RETRY] += n_kept && verdict != WEIR_BROKEN;
    if (n_kept)
        act_on_rest(lane, parcel, count.retry_logs, answered);
    else
        parcels_put(lane->parcels, parcel);
}

void lane_keep_details(struct parcel *parcel, const struct weir_result *result)
{
    if (!result)
        return;
    parcel->retry_after_ns = result->retry_after_ns;
    if (parcel->marks && parcel->text[0]) /* words about a rejected log say more */
        return;
    if (result->code)
        parcel->code = result->code;
    if (result->text && result->text[0])
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

/* Late is no breach: nobody has told the flusher that a copy goes on elsewhere. */
static struct parcel *find_left_behind(struct lane *lane, uint64_t id)
{
    return lane->left_behind ? find_parcel(&lane->orphans, id) : NULL;
}

/* host->settle: ends a PENDING batch, maybe before flush() has said PENDING. */
int lane_on_settle(
    void *owner, uint64_t batch_id, uint32_t verdict, const struct weir_result *result)
{
    struct lane *lane = owner;
    struct parcel *parcel;
    int r = 0;

    pthread_mutex_lock(&lane->lock);
    if ((parcel = find_parcel(&lane->pending, batch_id))) {
        list_remove(&parcel->list);
        lane->n_pending--;
        lane_keep_details(parcel, result);
        lane_act_on_verdict(lane, parcel, verdict == WEIR_PENDING ? WEIR_RETRY : verdict);
        lane_ask_turn(lane);
    } else if ((parcel = find_parcel(&lane->flushing, batch_id)) && !parcel->settled_early) {
        parcel->settled_early = true;
        parcel->early_verdict = verdict == WEIR_PENDING ? WEIR_RETRY : verdict;
        lane_keep_details(parcel, result);
    } else if ((parcel = find_left_behind(lane, batch_id)) && !parcel->settled_early) {
        parcel->settled_early = true;
    } else {
        r = -ENOENT;
    }
    pthread_mutex_unlock(&lane->lock);
    return r;
}

/* host->mark: the verdict of a single log. */
int lane_on_mark(void *owner, const struct weir_batch *batch, uint32_t group, uint32_t log,
    uint32_t verdict, int32_t code, struct weir_str text)
{
    struct lane *lane = owner;
    struct parcel *parcel;
    int r = -EINVAL;

    pthread_mutex_lock(&lane->lock);
    parcel = find_parcel(&lane->flushing, batch->id);
    if (!parcel)
        parcel = find_parcel(&lane->pending, batch->id);
    if (!parcel)
        parcel = find_left_behind(lane, batch->id);
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

/* What the instance found wrong with what the flusher does. */
void lane_on_misbehaviour(void *owner, const char *code)
{
    struct lane *lane = owner;

    pthread_mutex_lock(&lane->lock);
    lane_measures_misbehaved(&lane->stats.measures, code);
    pthread_mutex_unlock(&lane->lock);
}

/* host->notify_ready. */
void lane_on_notify_ready(void *owner)
{
    struct lane *lane = owner;

    pthread_mutex_lock(&lane->lock);
    lane->notified = true;
    if (lane->not_ready) {
        lane->not_ready = false;
        lane->hold_until_ns = 0;
        lane_ask_turn(lane);
    }
    pthread_mutex_unlock(&lane->lock);
}
