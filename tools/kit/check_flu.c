/* FLU: flush, verdicts, and the memory of batches. */
#include "kit/check_flu.h"

#include "base/clock.h"
#include "base/mem.h"
#include "kit/check.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"

#define SETTLE_NS (5 * NS_PER_S)
#define DEADLINE_NS_MAX (3 * NS_PER_S) /* of a flush that is given 1 s */
#define BATCHES 3u
#define EQUAL_LOGS 3u
#define ARRIVE_NS (3 * NS_PER_S)
#define LOGS 100u
#define FAR_ID 1000u
#define FAR_NS (60 * NS_PER_S)

/* Logs that are equal are logs all the same. */
static void expect_equal_logs(struct trial *trial, struct stand *stand, uint32_t number)
{
    struct sample *sample = sample_create(stand->n_batches + 1, 1, SAMPLE_BYTES);
    struct marks_found found;
    uint32_t n;

    sample_group(sample, EQUAL_LOGS, 0);
    for (uint32_t i = 0; i < EQUAL_LOGS; i++)
        marks_log(trial, sample, number);
    if (stand_deliver(stand, sample, LIFE_DELIVER_NS) != WEIR_DELIVERED)
        return;
    marks_find(trial, number + 1, ARRIVE_NS, &found);
    for (uint64_t end_ns = clock_now_ns() + ARRIVE_NS;
         found.counts[number] < EQUAL_LOGS && clock_now_ns() < end_ns;) {
        marks_finish(&found);
        life_pause_ms(20);
        marks_find(trial, number + 1, 0, &found);
    }
    n = found.counts[number];
    marks_finish(&found);
    if (n != EQUAL_LOGS)
        trial_fail(trial, "%u equal logs were DELIVERED, and %u of them arrived", EQUAL_LOGS, n);
}

static void flu_delivers(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    const bool ordered = !(stand->class->flags & WEIR_CONCURRENT);

    for (uint32_t i = 0; i < BATCHES; i++)
        life_deliver(stand, i * LOGS, LOGS);
    life_expect(trial, BATCHES * LOGS, true, ordered); /* now, and not when stop comes */
    expect_equal_logs(trial, stand, BATCHES * LOGS);
    life_end(stand);
}

static void expect_verdict(struct trial *trial, struct stand *stand, struct sample *sample)
{
    const uint32_t verdict = stand_flush(stand, sample, NULL);

    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "flush returns %u, which is no verdict", verdict);
    if (verdict == WEIR_PENDING && !(stand->class->flags & WEIR_ASYNC))
        trial_fail(trial, "flush returns PENDING, but the class is not WEIR_ASYNC");
    if (verdict == WEIR_PENDING)
        stand_wait(stand, sample, SETTLE_NS);
    for (size_t i = 0; i < stand->n_settles; i++)
        if (stand->settles[i].verdict > WEIR_BROKEN || stand->settles[i].verdict == WEIR_PENDING)
            trial_fail(trial, "settle is told %u, which ends no batch", stand->settles[i].verdict);
    for (size_t i = 0; i < stand->n_marks; i++)
        if (!stand->marks[i].good)
            trial_fail(trial,
                "mark names log %u of group %u with verdict %u: there is no such log, no such "
                "verdict, or the batch was over",
                stand->marks[i].log, stand->marks[i].group, stand->marks[i].verdict);
}

static void flu_verdict(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    expect_verdict(trial, stand, marks_sample(trial, 1, 0, 1));
    expect_verdict(trial, stand, marks_sample(trial, 2, 1, LOGS));
    life_end(stand);
}

/* One that is far off, on the host's clock, is no reason not to deliver. */
static void expect_time_left(struct trial *trial, struct stand *stand)
{
    struct sample *sample = marks_sample(trial, FAR_ID, 0, LOGS);
    uint32_t verdict;

    if (sink_kind(trial) == SINK_NONE)
        return;
    sample->batch.deadline_ns = clock_now_ns() + FAR_NS;
    verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
    if (verdict != WEIR_DELIVERED)
        trial_fail(trial, "the deadline is %u s off, but the verdict is %s: %s",
            (unsigned)(FAR_NS / NS_PER_S), stand_verdict_name(verdict), stand->text);
}

static void flu_deadline(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = life_hanging_sample(trial, 1);
    struct life_call *call = mem_zalloc(sizeof *call); /* a thread may be left in it */

    expect_time_left(trial, stand);
    life_peer_hangs(trial);
    sample->batch.deadline_ns = clock_now_ns() + NS_PER_S;
    life_call_start(call, stand, sample);
    if (!life_call_wait(call, DEADLINE_NS_MAX) && !atomic_load(&stand->n_alive))
        trial_fail(trial, "flush does not return 2 s after its deadline, and does not call "
                          "host->alive");
    stand_urgent(stand, 1);
    if (call->done || life_call_wait(call, SETTLE_NS))
        stand_stop(stand, NS_PER_S);
}

const struct check checks_flu[] = {
    {.id = "FLU-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .needs = NEEDS_SINK,
        .timeout_s = 60,
        .run = flu_delivers,
        .asserts = "What is DELIVERED arrives, each log once, in order unless CONCURRENT."},
    {.id = "FLU-02",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_STARTED,
        .gives = STAGE_FLUSHED,
        .timeout_s = 30,
        .run = flu_verdict,
        .asserts = "Verdicts are known ones, and PENDING comes from an ASYNC class only."},
    {.id = "FLU-03",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_read_only,
        .asserts = "A batch is not written to."},
    {.id = "FLU-04",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_kept,
        .asserts = "A batch is not touched after its verdict."},
    {.id = "FLU-05",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_sizes,
        .asserts = "Groups of 0 to 100,000 logs and values of 0 to 8 MiB are coped with."},
    {.id = "FLU-06",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_result,
        .asserts = "Results and words stay in the room they are given."},
    {.id = "FLU-07",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_reason,
        .asserts = "A verdict that is no success comes with words."},
    {.id = "FLU-08",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_settles,
        .asserts =
            "Each PENDING batch is settled exactly once, also after set_urgent; none after stop."},
    {.id = "FLU-09",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_race,
        .asserts = "settle may come before flush has returned."},
    {.id = "FLU-10",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .needs = NEEDS_SINK,
        .timeout_s = 60,
        .run = flu_partial,
        .asserts = "Of a batch that was taken in part, only that part is DELIVERED."},
    {.id = "FLU-11",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_replay,
        .asserts = "A batch that is sent again is delivered."},
    {.id = "FLU-12",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_deadline,
        .asserts = "flush returns by its deadline, or says that it lives."},
    {.id = "FLU-13",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flu_destinations,
        .asserts = "Project, logstore and config may differ from batch to batch."},
    {.id = "FLU-14",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = flu_stride,
        .asserts = "Logs are reached by log_stride."},
    {.id = "FLU-15",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .asserts = "The wire form of a group is not trusted.",
        .missing = "this ABI hands out no wire form: groups come as structs only"},
    {.id = "FLU-16",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .asserts = "Throughput is as it was.",
        .missing = "weir-plugin bench measures it"},
    {.id = "FLU-17",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .run = flu_times,
        .asserts = "Any time is coped with, also one that goes backwards."},
    {0},
};
