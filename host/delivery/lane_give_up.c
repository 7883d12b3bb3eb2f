/* What becomes of logs that are given up, be it that the flusher has rejected them, that
 * they failed too often or for too long, or that the queue is full: they are counted,
 * told of, and kept as dead letters (those of a full queue are not: they were never
 * tried, and are many). Then their sources may forget them. */
#include "base/clock.h"
#include "delivery/dead_letter.h"
#include "delivery/lane_private.h"

static void count_logs(struct lane_stats *stats, enum judge_reason reason, uint64_t logs)
{
    uint64_t *const counters[] = {
        [JUDGE_REJECTED] = &stats->rejected_logs,
        [JUDGE_ATTEMPTS] = &stats->attempts_logs,
        [JUDGE_AGE] = &stats->age_logs,
        [JUDGE_QUEUE_FULL] = &stats->queue_full_logs,
    };

    *counters[reason] += logs;
    if (reason != JUDGE_REJECTED)
        stats->dropped_logs += logs;
}

static void tell(struct lane *lane, enum judge_reason reason, uint64_t logs, bool kept,
    int32_t code, const char *words)
{
    uint64_t suppressed;

    if (!log_limit_pass(&lane->drop_notice, clock_now_ns(), &suppressed))
        return;
    log_error(kept ? "logs given up and kept as dead letters" : "logs dropped",
        LOG_STR("pipeline", lane->pipeline), LOG_STR("flusher", lane->name),
        LOG_STR("reason", judge_word(reason)), LOG_INT("logs", logs), LOG_INT("code", code),
        LOG_STR("words", words), LOG_INT("similar", suppressed));
}

/* A letter for each group that has logs of that end; whether they are kept. */
static bool keep_letters(
    struct lane *lane, const struct parcel *parcel, enum judge_reason reason, uint32_t verdict)
{
    const struct dead_letter letter = {lane->pipeline, lane->name, judge_word(reason), parcel->text,
        parcel->code, parcel->batch.attempt};
    const struct weir_group *views[PARCEL_GROUPS_MAX];
    struct weir_group *own[PARCEL_GROUPS_MAX];
    uint32_t n = 0;
    bool kept;

    if (!lane->letters)
        return false;
    for (uint32_t i = 0; i < parcel->n_groups; i++) {
        views[n] = parcel_select(parcel, i, verdict, reason != JUDGE_REJECTED, &own[n]);
        n += views[n] != NULL;
    }
    kept = dead_letters_put(lane->letters, &letter, views, n);
    while (n)
        free(own[--n]);
    return kept;
}

void lane_give_up(struct lane *lane, const struct parcel *parcel, enum judge_reason reason,
    uint32_t verdict, uint64_t logs)
{
    bool kept = keep_letters(lane, parcel, reason, verdict);

    count_logs(&lane->stats, reason, logs);
    lane->stats.letter_logs += kept ? logs : 0;
    lane->stats.left_logs -= MIN(logs, lane->stats.left_logs);
    tell(lane, reason, logs, kept, parcel->code, parcel->text);
}

void lane_drop_logs(struct lane *lane, uint64_t logs)
{
    lane_count_settled(lane, 1);
    count_logs(&lane->stats, JUDGE_QUEUE_FULL, logs);
    lane->stats.left_logs -= MIN(logs, lane->stats.left_logs);
    tell(lane, JUDGE_QUEUE_FULL, logs, false, 0, "");
}

void lane_drop(struct lane *lane, const struct hold *hold)
{
    lane_drop_logs(lane, hold->group->view.n_logs);
    if (hold->replayed && !hold->spooled)
        hold_give_back(hold);
    else
        hold_release(hold, lane->spool.store);
}
