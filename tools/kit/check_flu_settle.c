/* FLU: PENDING, and what ends it. */
#include "kit/check_flu.h"

#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define SETTLED_BATCHES 20u
#define LATE_SETTLE_MS 500u
#define LATE_SETTLE_NS (3 * NS_PER_S) /* as long as a thread is left */
#define SETTLED_AT_STOP 3u            /* batches that are on their way then */
#define HIGH_ID (UINT64_C(1) << 40)

static void expect_settled(struct trial *trial, struct stand *stand, bool works)
{
    for (size_t i = 0; i < stand->n_settles; i++) {
        const struct stand_settle *settle = &stand->settles[i];

        if (settle->stopped)
            trial_fail(trial, "settle comes after stop has returned");
        if (!settle->was_open)
            trial_fail(trial,
                "settle names batch %llu, which is not open: settled twice, or never "
                "PENDING",
                (unsigned long long)settle->batch_id);
    }
    for (size_t i = 0; i < stand->n_batches; i++)
        if (stand->batches[i].twice)
            trial_fail(trial, "batch %llu was settled, and flush said %s for it as well",
                (unsigned long long)stand->batches[i].sample->batch.id,
                stand_verdict_name(stand->batches[i].verdict));
    for (size_t i = 0; works && i < stand->n_batches; i++)
        if (stand->batches[i].pending)
            trial_fail(trial,
                "batch %llu was PENDING and is not settled, though the destination "
                "works",
                (unsigned long long)stand->batches[i].sample->batch.id);
}

/* Whether every batch that was PENDING has been settled by then. */
static void wait_for_all(struct stand *stand, uint64_t timeout_ns)
{
    const uint64_t end_ns = clock_now_ns() + timeout_ns;

    for (size_t i = 0; i < stand->n_batches; i++) {
        const uint64_t now_ns = clock_now_ns();

        stand_wait(stand, stand->batches[i].sample, end_ns > now_ns ? end_ns - now_ns : 0);
    }
}

/* What is left of the plugin may still settle; a thread may have to wait for its turn. */
static void wait_for_late(const char *threads_before)
{
    const uint64_t end_ns = clock_now_ns() + LATE_SETTLE_NS;
    bool same = false;

    life_pause_ms(LATE_SETTLE_MS);
    while (!same && clock_now_ns() < end_ns) {
        SCOPED_FREE char *after = snapshot_settle(ASPECT_THREADS, threads_before);

        same = !strcmp(threads_before, after);
    }
}

void flu_settles(struct trial *trial)
{
    SCOPED_FREE char *threads = snapshot_take(ASPECT_THREADS);
    struct stand *stand = stand_start(trial, NULL);
    const bool works = sink_kind(trial) != SINK_NONE;

    for (uint32_t i = 0; i < SETTLED_BATCHES; i++)
        if (life_ready(stand))
            stand_flush(stand, marks_sample(trial, HIGH_ID + i, i * 10, 10), NULL);
    wait_for_all(stand, works ? LIFE_DELIVER_NS : LIFE_FLUSH_NS);
    expect_settled(trial, stand, works);
    for (uint32_t i = 0; i < SETTLED_BATCHES; i++)
        if (life_ready(stand))
            stand_flush(stand, marks_sample(trial, HIGH_ID + 1000 + i, 0, 1), NULL);
    stand_urgent(stand, 1);
    wait_for_all(stand, works ? LIFE_DELIVER_NS : LIFE_FLUSH_NS);
    expect_settled(trial, stand, works);
    for (uint32_t i = 0; i < SETTLED_AT_STOP; i++)
        if (stand_ready(stand))
            stand_flush(stand, marks_sample(trial, HIGH_ID + 2000 + i, 0, 1), NULL);
    stand_stop(stand, LIFE_STOP_NS);
    wait_for_late(threads);
    expect_settled(trial, stand, false);
    trial_note(trial, "%zu settled of %zu batches", stand->n_settles, stand->n_batches);
}

static void slow_settle(struct stand *stand, struct stand_batch *batch)
{
    (void)stand;
    (void)batch;
    life_pause_ms(2); /* flush returns meanwhile, or has not yet: both orders occur */
}

void flu_race(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    if (!(stand->class->flags & WEIR_ASYNC))
        trial_foreign(trial, "the class is not ASYNC");
    stand->on_settle = slow_settle;
    for (uint32_t i = 0; i < 50; i++) {
        struct sample *sample = marks_sample(trial, i + 1, i * 2, 2);

        if (life_ready(stand))
            stand_flush(stand, sample, NULL);
        else
            sample_destroy(sample);
    }
    wait_for_all(stand, LIFE_DELIVER_NS);
    expect_settled(trial, stand, sink_kind(trial) != SINK_NONE);
    life_end(stand);
}
