/* BAC: back-pressure and readiness. */
#include "kit/check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"
#include "kit/usage.h"

#define CROWD 200u /* batches that are given as long as it is ready */
#define ROOM_NS (5 * NS_PER_S)
#define READY_CALLS 20000u
#define READY_ROUNDS 3u
#define READY_STEP 20u                      /* calls between two looks at the clock */
#define READY_CALL_NS_MAX 1000u             /* of CPU */
#define READY_WALL_NS_MAX (400 * NS_PER_MS) /* of a round, on a busy machine */
#define RECOVER_NS (10 * NS_PER_S)
#define SLOW_NS (2 * NS_PER_S)
#define SLOW_LOG_BYTES ((size_t)16 * 1024)
#define SLOW_LOGS 64u
#define SLOW_PENDING 16u
#define SLOW_GROWTH ((uint64_t)48 << 20)
#define RETRY_AFTER_S 7u
#define SETTLE_NS (10 * NS_PER_S)
#define NOTIFY_MAX 500u /* in half a second */

/* -- is_ready -- */

struct ready_round {
    unsigned n_calls; /* fewer when the time is up */
    uint64_t cpu_ns, wall_ns;
};

static struct ready_round ask_often(const struct stand *stand)
{
    const uint64_t cpu = usage_cpu_ns(CLOCK_THREAD_CPUTIME_ID), wall = clock_now_ns();
    struct ready_round round = {0};

    while (round.n_calls < READY_CALLS && round.wall_ns <= READY_WALL_NS_MAX) {
        for (unsigned i = 0; i < READY_STEP; i++)
            stand->class->calls.is_ready(stand->self, stand->context.project,
                i % 2 ? stand->context.logstore : life_str("no such logstore"),
                (int64_t)round.n_calls++);
        round.wall_ns = clock_now_ns() - wall;
    }
    round.cpu_ns = usage_cpu_ns(CLOCK_THREAD_CPUTIME_ID) - cpu;
    return round;
}

/* The best of some rounds counts: this machine may be busy. */
static void bac_cheap(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct ready_round best = {0};
    uint64_t call_ns = UINT64_MAX;

    if (!stand->class->calls.is_ready)
        trial_foreign(trial, "the class has no is_ready");
    life_flush(stand, 1);
    trial_doing(trial, "is_ready");
    for (unsigned i = 0; i < READY_ROUNDS; i++) {
        const struct ready_round round = ask_often(stand);

        call_ns = MIN(call_ns, round.cpu_ns / round.n_calls);
        if (!i || round.wall_ns * best.n_calls < best.wall_ns * round.n_calls)
            best = round;
    }
    if (call_ns > READY_CALL_NS_MAX)
        trial_fail(trial, "is_ready takes %llu ns; it is asked before every flush",
            (unsigned long long)call_ns);
    if (best.wall_ns > READY_WALL_NS_MAX)
        trial_fail(trial, "is_ready blocks: %u calls take %llu ms", best.n_calls,
            (unsigned long long)(best.wall_ns / NS_PER_MS));
    trial_note(trial, "is_ready takes %llu ns", (unsigned long long)call_ns);
    life_end(stand);
}

/* However many batches wait, there is room again once they are gone. */
static void expect_room_again(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t end_ns;

    for (uint32_t i = 0; i < CROWD && stand_ready(stand); i++)
        stand_flush(stand, marks_sample(trial, i + 1, i, 1), NULL);
    end_ns = clock_now_ns() + ROOM_NS;
    while (!stand_ready(stand)) {
        if (clock_now_ns() > end_ns)
            trial_fail(trial,
                "was not ready when %zu batches were under way, and is not 5 s "
                "later, though the destination works",
                stand->n_batches);
        life_pause_ms(5);
    }
    life_end(stand);
}

static void bac_recovers(struct trial *trial)
{
    struct stand *stand;
    uint64_t started_ns;
    uint32_t verdict;
    struct sample *sample;

    if (sink_kind(trial) != SINK_NONE)
        expect_room_again(trial);
    if (!trial->sink && sink_kind(trial) != SINK_NONE)
        return;
    stand = stand_start(trial, NULL);
    sink_need_peer(trial);
    sink_behave(trial, SERVER_REFUSES);
    life_flush(stand, 3);
    sink_behave(trial, SERVER_TAKES);
    started_ns = clock_now_ns();
    sample = marks_sample(trial, 1000, 0, 10);
    verdict = stand_deliver(stand, sample, RECOVER_NS);
    if (verdict != WEIR_DELIVERED)
        trial_fail(trial, "the peer is back, but after 10 s the verdict is %s, is_ready %s: %s",
            stand_verdict_name(verdict), stand_ready(stand) ? "true" : "false", stand->text);
    trial_note(trial, "delivers again after %llu ms",
        (unsigned long long)((clock_now_ns() - started_ns) / NS_PER_MS));
    life_end(stand);
}

static void bac_no_storm(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t before;

    life_flush(stand, 5);
    before = atomic_load(&stand->n_notified);
    life_pause_ms(500);
    if (atomic_load(&stand->n_notified) - before > NOTIFY_MAX)
        trial_fail(trial, "notify_ready is called %llu times in half a second without work",
            (unsigned long long)(atomic_load(&stand->n_notified) - before));
    life_end(stand);
}

static struct sample *slow_sample(struct trial *trial, uint64_t id, const char *value)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES);
    const struct weir_kv content = {life_str("content"), {value, SLOW_LOG_BYTES}};

    (void)trial;
    sample_group(sample, SLOW_LOGS, 0);
    for (uint32_t i = 0; i < SLOW_LOGS; i++)
        sample_log(sample, 1700000000, &content, 1);
    return sample;
}

/* Batches that are with the plugin. */
static unsigned count_pending(struct stand *stand)
{
    unsigned n = 0;

    pthread_mutex_lock(&stand->lock);
    for (size_t i = 0; i < stand->n_batches; i++)
        n += stand->batches[i].pending;
    pthread_mutex_unlock(&stand->lock);
    return n;
}

/* As a host would: at most so many PENDING batches; what is over is freed at once. */
static void bac_bounded(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t end_ns = clock_now_ns() + SLOW_NS;
    char *value = mem_zalloc(SLOW_LOG_BYTES);
    uint64_t before, grown, open_bytes;
    unsigned n = 0, open;

    sink_need_peer(trial);
    memset(value, 'x', SLOW_LOG_BYTES);
    sink_behave(trial, SERVER_CREEPS);
    before = usage_resident_bytes();
    while (clock_now_ns() < end_ns && n < 256) {
        struct sample *sample;

        if (count_pending(stand) >= SLOW_PENDING || !stand_ready(stand)) {
            life_pause_ms(5);
            continue;
        }
        sample = slow_sample(trial, ++n, value);
        sample->batch.deadline_ns = clock_now_ns() + NS_PER_S;
        if (stand_flush(stand, sample, NULL) != WEIR_PENDING)
            sample_forget(sample);
    }
    open = count_pending(stand);
    open_bytes = (uint64_t)open * SLOW_LOGS * SLOW_LOG_BYTES;
    grown = usage_resident_bytes() - MIN(before, usage_resident_bytes());
    if (grown > 3 * open_bytes + SLOW_GROWTH)
        trial_fail(trial,
            "memory grows by %llu MiB while the peer is slow; %u batches of 1 MiB were "
            "given, %u are PENDING",
            (unsigned long long)(grown >> 20), n, open);
    trial_note(trial, "%u batches of 1 MiB taken, %u of them open, %llu MiB more memory", n, open,
        (unsigned long long)(grown >> 20));
    sink_behave(trial, SERVER_REFUSES);
    free(value);
    life_end(stand);
}

/* -- what the peer says -- */

/* Delivers one log to a peer that fails; what it comes to, and the details. */
static uint32_t outcome(struct stand *stand, uint64_t id, struct stand_settle *ret)
{
    struct sample *sample = marks_sample(stand->trial, id, (uint32_t)id, 1);
    struct stand_answer answer = {0};
    uint32_t verdict;

    if (!life_ready(stand))
        life_pause_ms(1000);
    verdict = stand_flush(stand, sample, &answer);
    *ret = (struct stand_settle){.code = answer.code, .retry_after_ns = answer.retry_after_ns};
    snprintf(ret->text, sizeof ret->text, "%.*s", (int)sizeof ret->text - 1, answer.text);
    if (verdict == WEIR_PENDING) {
        verdict = stand_wait(stand, sample, SETTLE_NS);
        if (stand->n_settles)
            *ret = stand->settles[stand->n_settles - 1];
    }
    return verdict == WEIR_PENDING ? verdict : life_log_verdict(stand, sample, 0, 0);
}

static void bac_retry_after(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t wanted_ns = RETRY_AFTER_S * NS_PER_S;
    struct stand_settle details;
    uint32_t verdict;

    sink_need_http(trial);
    sink_answer(trial, 429, RETRY_AFTER_S);
    verdict = outcome(stand, 1, &details);
    if (verdict != WEIR_RETRY)
        trial_fail(trial, "429 with Retry-After gives %s", stand_verdict_name(verdict));
    if (details.retry_after_ns < wanted_ns * 8 / 10 || details.retry_after_ns > wanted_ns * 12 / 10)
        trial_fail(trial, "the peer asks for %u s, retry_after_ns says %llu ms", RETRY_AFTER_S,
            (unsigned long long)(details.retry_after_ns / NS_PER_MS));
    life_end(stand);
}

/* What an answer of a peer must come to. */
enum expected {
    EXPECT_RETRY,
    EXPECT_REJECTED,
    EXPECT_EITHER, /* but not DELIVERED */
};

static const struct {
    unsigned status;
    enum expected expected;
} answers[] = {
    {301, EXPECT_EITHER}, /* to nowhere: no Location */
    {302, EXPECT_EITHER},
    {307, EXPECT_EITHER},
    {400, EXPECT_REJECTED},
    {401, EXPECT_EITHER},
    {403, EXPECT_EITHER},
    {404, EXPECT_EITHER},
    {408, EXPECT_RETRY},
    {413, EXPECT_REJECTED},
    {429, EXPECT_RETRY},
    {500, EXPECT_RETRY},
    {502, EXPECT_RETRY},
    {503, EXPECT_RETRY},
    {504, EXPECT_RETRY},
};

static void expect_outcome(
    struct trial *trial, const char *what, enum expected expected, uint32_t verdict)
{
    const bool retry = verdict == WEIR_RETRY || verdict == WEIR_BROKEN;

    if (verdict == WEIR_PENDING)
        trial_fail(trial, "%s: not settled within 10 s", what);
    if (verdict == WEIR_DELIVERED)
        trial_fail(trial, "%s: the verdict is DELIVERED", what);
    if (expected == EXPECT_RETRY && !retry)
        trial_fail(
            trial, "%s is over some day, but the verdict is %s", what, stand_verdict_name(verdict));
    if (expected == EXPECT_REJECTED && verdict != WEIR_REJECTED)
        trial_fail(trial, "%s will be the same for ever, but the verdict is %s", what,
            stand_verdict_name(verdict));
}

static void bac_matrix(struct trial *trial)
{
    sink_need_http(trial);
    for (size_t i = 0; i < ARRAY_SIZE(answers); i++) {
        struct stand *stand = stand_start(trial, NULL);
        struct stand_settle details;
        char what[32];

        snprintf(what, sizeof what, "status %u", answers[i].status);
        sink_answer(trial, answers[i].status, 0);
        expect_outcome(trial, what, answers[i].expected, outcome(stand, i + 1, &details));
        life_end(stand);
    }
}

static void bac_poison(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct stand_settle details;

    sink_need_http(trial);
    atomic_store(&trial->sink->times, 1);
    sink_answer(trial, 400, 0);
    outcome(stand, 1, &details);
    sink_behave(trial, SERVER_TAKES);
    life_deliver(stand, 0, 10);
    life_end(stand);
    life_expect(trial, 10, true, false);
}

static void bac_idle(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t cpu, used_ns;

    sink_need_peer(trial);
    sink_behave(trial, SERVER_REFUSES);
    life_flush(stand, 2);
    cpu = usage_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    life_pause_ms(1000);
    used_ns = usage_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - cpu;
    if (used_ns > NS_PER_S / 20)
        trial_fail(trial, "%llu ms of CPU in a second in which the peer is down",
            (unsigned long long)(used_ns / NS_PER_MS));
    life_end(stand);
}

const struct check checks_bac[] = {
    {.id = "BAC-01",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = bac_cheap,
        .asserts = "is_ready is cheap and never blocks."},
    {.id = "BAC-02",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = bac_recovers,
        .asserts = "Once the peer is back, logs are delivered again."},
    {.id = "BAC-03",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = bac_no_storm,
        .asserts = "notify_ready does not come in storms."},
    {.id = "BAC-04",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = bac_bounded,
        .asserts = "Memory is bounded while the peer is slow."},
    {.id = "BAC-05",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = bac_retry_after,
        .asserts = "The peer's Retry-After reaches the host."},
    {.id = "BAC-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 120,
        .run = bac_matrix,
        .asserts = "What passes is RETRY, what never will be good is REJECTED."},
    {.id = "BAC-07",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = bac_poison,
        .asserts = "A batch that is refused does not hold up the next."},
    {.id = "BAC-08",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = bac_idle,
        .asserts = "No CPU is used while the peer is down."},
    {.id = "BAC-09",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .asserts = "Attempts are spread in time.",
        .missing = "pauses between attempts are the host's, not the plugin's"},
    {0},
};
