/* URG: set_urgent and stop. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/util.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/marks.h"

#define URGENT_NS_MAX (10 * NS_PER_MS)
#define BATCHES 8u
#define LOGS 50u
#define ARRIVE_NS (3 * NS_PER_S)

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

const struct check checks_urg[] = {
    {.id = "URG-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = urg_any_thread,
        .asserts = "set_urgent may come several times, from any thread, and returns at once."},
    {.id = "URG-05",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .needs = NEEDS_SINK,
        .timeout_s = 30,
        .run = urg_stop_settles,
        .asserts = "What was taken is delivered or given back when stop returns."},
    {0},
};
