/* LIF: init, stop, and what is left behind. */
#include "kit/check_lif.h"

#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/check.h"
#include "kit/life.h"
#include "kit/raw.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define LOGS 20u
#define INIT_NS_MAX (2 * NS_PER_S)

static void lif_unused(struct trial *trial)
{
    SCOPED_FREE char *fds = NULL;
    SCOPED_FREE char *threads = NULL;
    struct stand *stand;
    int r;

    life_run(trial, 0); /* libraries may keep what they need for good */
    fds = snapshot_take(ASPECT_FDS);
    threads = snapshot_take(ASPECT_THREADS);
    stand = stand_start(trial, NULL);
    stand_ready(stand);
    r = stand_stop(stand, 5 * NS_PER_S);
    if (r)
        trial_fail(trial, "stop fails with %d: %s", stand->code ? stand->code : r, stand->text);
    stand_end(stand);
    snapshot_expect(trial, ASPECT_FDS, fds, "a life without a flush leaves descriptors behind");
    snapshot_expect(trial, ASPECT_THREADS, threads, "a life without a flush leaves threads behind");
}

static void lif_constructors(struct trial *trial)
{
    SCOPED_FREE char *fds = snapshot_take(ASPECT_FDS);
    SCOPED_FREE char *threads = snapshot_take(ASPECT_THREADS);
    SCOPED_FREE char *fds_after = NULL;
    SCOPED_FREE char *threads_after = NULL;
    char text[512];

    raw_load(trial);
    fds_after = snapshot_take(ASPECT_FDS);
    threads_after = snapshot_take(ASPECT_THREADS);
    if (strcmp(threads, threads_after) != 0)
        trial_fail(trial, "a constructor starts a thread; start it in init or at the first flush");
    snapshot_difference(fds, fds_after, text, sizeof text);
    if (strcmp(fds, fds_after) != 0)
        trial_fail(trial, "a constructor opens descriptors: %s", text);
}

static void lif_quick_init(struct trial *trial)
{
    uint64_t started_ns;
    struct stand *stand;

    if (trial->sink)
        sink_behave(trial, SERVER_STALLS);
    stand = stand_create(trial, NULL);
    started_ns = clock_now_ns();
    if (stand_init(stand))
        trial_fail(trial, "init fails while the peer does not answer: %s", stand->text);
    if (clock_now_ns() - started_ns > INIT_NS_MAX)
        trial_fail(trial, "init takes %llu ms while the peer does not answer",
            (unsigned long long)((clock_now_ns() - started_ns) / NS_PER_MS));
    life_end(stand);
}

static void lif_joins(struct trial *trial)
{
    SCOPED_FREE char *before = NULL;
    SCOPED_FREE char *after = NULL;
    struct stand *stand;

    life_run(trial, 1);
    before = snapshot_take(ASPECT_THREADS);
    stand = stand_start(trial, NULL);
    life_flush(stand, 20);
    life_end(stand);
    after = snapshot_settle(ASPECT_THREADS, before);
    if (strcmp(before, after) != 0)
        trial_fail(trial, "threads of the plugin still run when stop has returned");
}

/* The process ends with the instance alive: handlers and destructors run. The verdict
 * is there before; a crash or a hang overrules it. */
static void lif_exit(struct trial *trial)
{
    /* On the stack to the end, so that a leak checker sees that it is in use. */
    struct stand *volatile stand = stand_start(trial, NULL);

    life_flush(stand, 5);
    if (trial->in_process)
        trial_lacks(trial, "needs a process of its own");
    trial_doing(trial, "the end of the process");
    trial_pass(trial);
    exit(EXIT_SUCCESS);
}

static void lif_fork(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    for (uint32_t i = 0; i < 5; i++) {
        pid_t pid;

        life_deliver(stand, i * LOGS, LOGS);
        pid = fork();
        if (pid == 0)
            _exit(EXIT_SUCCESS);
        if (pid > 0)
            waitpid(pid, NULL, 0);
    }
    life_end(stand);
    life_expect(trial, 5 * LOGS, true, false);
}

const struct check checks_lif[] = {
    {.id = "LIF-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = lif_unused,
        .asserts = "A life without a flush ends well and leaves nothing behind."},
    {.id = "LIF-02",
        .level = 3,
        .clause = "Life of an instance",
        .stages = STAGES_REGISTERED,
        .run = lif_constructors,
        .asserts = "Constructors start no threads and open nothing."},
    {.id = "LIF-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = lif_quick_init,
        .asserts = "init is quick, also while the peer does not answer."},
    {.id = "LIF-04",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = lif_again,
        .asserts = "Lives one after the other are all as good as the first."},
    {.id = "LIF-05",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = lif_many_cycles,
        .asserts = "A thousand lives leave no memory, descriptors, threads, timers or children."},
    {.id = "LIF-06",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = lif_deadline,
        .asserts = "stop keeps its deadline, also while the peer does not answer."},
    {.id = "LIF-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = lif_odd_stops,
        .asserts = "stop may come at once, without set_urgent, and when nothing can be delivered."},
    {.id = "LIF-08",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = lif_two,
        .asserts = "Two instances do not meet."},
    {.id = "LIF-09",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = lif_joins,
        .asserts = "No thread of the plugin runs once stop has returned."},
    {.id = "LIF-10",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 10,
        .run = lif_exit,
        .asserts = "The process may end while an instance lives."},
    {.id = "LIF-11",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Loading",
        .asserts = "The file can be unloaded.",
        .missing = "a plugin is never unloaded"},
    {.id = "LIF-12",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = lif_dead_host,
        .asserts = "The host is not called once stop has returned."},
    {.id = "LIF-13",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = lif_fork,
        .asserts = "The host may fork while an instance lives."},
    {.id = "LIF-14",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Signals that reach a plugin's thread lose nothing.",
        .missing = "the host blocks all signals before it calls; see THR-04 and FLT-04"},
    {.id = "LIF-15",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = lif_sequences,
        .asserts = "A thousand random sequences of calls that the contract allows do no harm."},
    {.id = "LIF-16",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = lif_many,
        .asserts = "Twenty instances do not meet, nor do some that work at the same time."},
    {.id = "LIF-17",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .timeout_s = 30,
        .run = lif_probe,
        .asserts = "probe tells whether the destination answers, and sends no data."},
    {0},
};
