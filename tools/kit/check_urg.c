/* URG: set_urgent and stop. */
#include "kit/check.h"

#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"

#define URGENT_NS_MAX (10 * NS_PER_MS)
#define BATCHES 8u
#define LOGS 50u
#define ARRIVE_NS (3 * NS_PER_S)
#define FLUSH_NS_MAX (2 * NS_PER_S)
#define STOP_NS NS_PER_S
#define GRACE_NS (500 * NS_PER_MS)

struct urgent_call {
    struct stand *stand;
    uint64_t quickest_ns;
};

static void call_urgent(struct urgent_call *call, int exiting)
{
    const uint64_t started_ns = clock_now_ns();
    uint64_t took_ns;

    stand_urgent(call->stand, exiting);
    took_ns = clock_now_ns() - started_ns;
    call->quickest_ns = MIN(call->quickest_ns, took_ns);
}

static void *urgent_thread(void *argument)
{
    static const int flags[] = {1, 1, 0, 1, 0};

    heap_kit_thread();
    for (size_t i = 0; i < ARRAY_SIZE(flags); i++)
        call_urgent(argument, flags[i]);
    return NULL;
}

static void urg_any_thread(struct trial *trial)
{
    struct urgent_call call = {stand_start(trial, NULL), UINT64_MAX};
    pthread_t thread;

    trial_doing(trial, "set_urgent");
    urgent_thread(&call);
    if (pthread_create(&thread, NULL, urgent_thread, &call))
        trial_lacks(trial, "no thread is to be had");
    pthread_join(thread, NULL);
    /* The quickest of them: this machine may be busy. */
    if (call.quickest_ns > URGENT_NS_MAX)
        trial_fail(trial, "set_urgent takes %llu ms; it is to set a flag, no more",
            (unsigned long long)(call.quickest_ns / NS_PER_MS));
    stand_end(call.stand);
}

/* The logs of batches that are not DELIVERED were given back: they need not be there. */
static void expect_all(struct trial *trial, const struct stand *stand)
{
    struct marks_found found;
    uint32_t n_lost = 0;

    marks_find(trial, BATCHES * LOGS, 0, &found);
    if (found.n_missing) {
        marks_finish(&found);
        marks_find(trial, BATCHES * LOGS, ARRIVE_NS, &found);
    }
    for (uint32_t i = 0; i < BATCHES * LOGS; i++)
        n_lost += !found.counts[i] && stand->batches[i / LOGS].verdict == WEIR_DELIVERED;
    marks_finish(&found);
    if (n_lost)
        trial_fail(trial,
            "%u logs were DELIVERED, but did not arrive until stop had returned; "
            "what is held is PENDING until it has left",
            n_lost);
}

static void urg_stop_settles(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    int r;

    for (uint32_t i = 0; i < BATCHES; i++)
        stand_flush(stand, marks_sample(trial, i + 1, i * LOGS, LOGS), NULL);
    stand_urgent(stand, 1);
    r = stand_stop(stand, 5 * NS_PER_S);
    if (r)
        trial_note(trial, "stop returns %d: %s", r, stand->text);
    expect_all(trial, stand);
    stand_end(stand);
}

static void urg_still_delivers(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    life_deliver(stand, 0, LOGS);
    stand_urgent(stand, 1);
    life_deliver(stand, LOGS, LOGS);
    life_deliver(stand, 2 * LOGS, LOGS);
    stand_end(stand);
    life_expect(trial, 3 * LOGS, true, false);
}

/* A destination that fails, so that the plugin pauses; then the end is near. */
static void urg_ready(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t end_ns;

    if (trial->sink)
        sink_behave(trial, SERVER_REFUSES);
    life_flush(stand, 3);
    stand_urgent(stand, 1);
    end_ns = clock_now_ns() + NS_PER_S;
    while (!stand_ready(stand)) {
        if (clock_now_ns() > end_ns)
            trial_fail(trial, "is_ready is still false one second after set_urgent, so the host "
                              "cannot hand over what is left");
        life_pause_ms(10);
    }
    stand_end(stand);
}

/* A flush that the peer does not answer, and set_urgent 300 ms later. */
static void expect_return(struct trial *trial, enum server_mode mode, const char *what)
{
    struct stand *stand = stand_start(trial, NULL);
    struct life_call *call = mem_zalloc(sizeof *call); /* a thread may be left in it */

    if (trial->sink)
        sink_behave(trial, mode);
    life_call_start(call, stand, life_hanging_sample(trial, 1));
    life_call_wait(call, 300 * NS_PER_MS);
    trial_doing(trial, "set_urgent while %s", what);
    stand_urgent(stand, 1);
    if (!call->done && !life_call_wait(call, FLUSH_NS_MAX))
        trial_fail(trial, "flush does not return within 2 s of set_urgent while %s", what);
    stand_stop(stand, NS_PER_S);
    stand_end(stand);
}

static void urg_ends_flush(struct trial *trial)
{
    expect_return(trial, SERVER_HANGS, "the peer does not answer");
    if (trial->sink)
        expect_return(trial, SERVER_STALLS, "the peer does not read");
}

struct worker {
    struct stand *stand;
    uint32_t first;
    pthread_t thread;
};

static void *work(void *argument)
{
    const struct worker *worker = argument;

    heap_kit_thread();
    for (uint32_t i = 0; i < 50; i++)
        stand_flush(worker->stand,
            marks_sample(worker->stand->trial, worker->first + i, worker->first + i, 1), NULL);
    return NULL;
}

static void urg_concurrent(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct worker workers[4];

    if (!(stand->class->flags & WEIR_CONCURRENT))
        trial_foreign(trial, "the class is not CONCURRENT");
    for (uint32_t i = 0; i < ARRAY_SIZE(workers); i++) {
        workers[i] = (struct worker){stand, 1 + i * 1000, 0};
        if (pthread_create(&workers[i].thread, NULL, work, &workers[i]))
            trial_lacks(trial, "no thread is to be had");
    }
    for (unsigned i = 0; i < 200; i++)
        stand_urgent(stand, (int)i % 2);
    for (size_t i = 0; i < ARRAY_SIZE(workers); i++)
        pthread_join(workers[i].thread, NULL);
    stand_end(stand);
}

static void urg_dead_peer(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t started_ns, took_ns;

    if (!sink_break(trial))
        trial_foreign(trial, "without a sink it cannot be made to fail");
    for (uint32_t i = 0; i < 4; i++)
        if (life_ready(stand))
            stand_flush(stand, marks_sample(trial, i + 1, i * LOGS, LOGS), NULL);
    stand_urgent(stand, 1);
    started_ns = clock_now_ns();
    stand_stop(stand, STOP_NS);
    took_ns = clock_now_ns() - started_ns;
    if (took_ns > STOP_NS + GRACE_NS)
        trial_fail(trial, "stop is given 1 s and takes %llu ms while the destination fails",
            (unsigned long long)(took_ns / NS_PER_MS));
    for (size_t i = 0; i < stand->n_batches; i++)
        if (stand->batches[i].verdict == WEIR_DELIVERED && !stand->n_marks)
            trial_fail(trial, "a batch is DELIVERED to a destination that fails");
    stand_end(stand);
}

const struct check checks_urg[] = {
    {.id = "URG-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = urg_any_thread,
        .asserts = "set_urgent may come several times, from any thread, and returns at once."},
    {.id = "URG-02",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = urg_still_delivers,
        .asserts = "What comes after set_urgent is delivered, too."},
    {.id = "URG-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = urg_ready,
        .asserts = "is_ready is true within a second of set_urgent."},
    {.id = "URG-04",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = urg_ends_flush,
        .asserts = "set_urgent ends a flush that hangs within two seconds."},
    {.id = "URG-05",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .needs = NEEDS_SINK,
        .timeout_s = 30,
        .run = urg_stop_settles,
        .asserts = "What was taken is delivered or given back when stop returns."},
    {.id = "URG-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = urg_concurrent,
        .asserts = "set_urgent may overlap flushes."},
    {.id = "URG-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = urg_dead_peer,
        .asserts = "stop keeps its deadline while the destination fails, and nothing is said to be "
                   "delivered."},
    {.id = "URG-08",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .asserts = "What was not DELIVERED when the process is killed comes again.",
        .missing = "the host sends again; tests/integration/test_no_loss.py sees to it"},
    {0},
};
