/* LIF: init, stop, and what is left behind. */
#include "kit/check.h"

#include <pthread.h>
#include <stdatomic.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "base/mem.h"
#include "kit/crash.h"
#include "kit/guard.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/raw.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define LOGS 20u
#define LIVES 3u
#define MANY 20u
#define WARM_UP 3u
#define CYCLES 1000u
#define CYCLES_MIN 10u
#define CYCLES_NS (4 * NS_PER_S)
#define SEQUENCES 1000u
#define SEQUENCES_NS (4 * NS_PER_S)
#define STEPS_MAX 12u
#define TOGETHER 20u /* sequences in one process */
#define INIT_NS_MAX (2 * NS_PER_S)
#define FLUSH_NS_MAX (3 * NS_PER_S) /* of one that hangs, after set_urgent */
#define URGENT_NS (2 * NS_PER_S)    /* for what waits for the destination */
#define GRACE_NS (500 * NS_PER_MS)

static void expect_left_alone(
    struct trial *trial, enum aspect aspect, const char *before, const char *what)
{
    SCOPED_FREE char *after = snapshot_settle(aspect, before);
    char text[512];

    if (!strcmp(before, after))
        return;
    snapshot_difference(before, after, text, sizeof text);
    trial_fail(trial, "a life without a flush leaves %s behind: %s", what, text);
}

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
    expect_left_alone(trial, ASPECT_FDS, fds, "descriptors");
    expect_left_alone(trial, ASPECT_THREADS, threads, "threads");
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

/* Lives one after the other, each as good as the first. */
static void lif_again(struct trial *trial)
{
    for (uint32_t i = 0; i < LIVES; i++) {
        struct stand *stand = stand_start(trial, NULL);

        life_deliver(stand, 2 * i * LOGS, LOGS);
        life_deliver(stand, (2 * i + 1) * LOGS, LOGS);
        life_end(stand);
    }
    life_expect(trial, 2 * LIVES * LOGS, true, false);
}

static void lif_many_cycles(struct trial *trial)
{
    static const enum aspect aspects[] = {
        ASPECT_FDS, ASPECT_THREADS, ASPECT_TIMERS, ASPECT_CHILDREN};
    char *before[ARRAY_SIZE(aspects)];
    uint64_t bytes = 0, end_ns;
    unsigned cycles = 0;
    size_t blocks = 0;
    char text[512];

    for (unsigned i = 0; i < WARM_UP; i++)
        life_run(trial, 1);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
        before[i] = snapshot_take(aspects[i]);
    heap_watch(true);
    end_ns = clock_now_ns() + CYCLES_NS;
    for (; cycles < CYCLES_MIN || (cycles < CYCLES && clock_now_ns() < end_ns); cycles++)
        life_run(trial, cycles % 10 == 0);
    heap_watch(false);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++) {
        SCOPED_FREE char *after = snapshot_settle(aspects[i], before[i]);

        snapshot_difference(before[i], after, text, sizeof text);
        if (strcmp(before[i], after) != 0)
            trial_fail(trial, "%u lives leave something behind: %s", cycles, text);
        free(before[i]);
    }
    heap_live(&blocks, &bytes);
    heap_describe(text, sizeof text);
    if (blocks >= cycles / 2)
        trial_fail(trial, "%u lives leave %zu blocks, %llu bytes: %s", cycles, blocks,
            (unsigned long long)bytes, text);
    trial_note(trial, "%u lives", cycles);
}

/* -- stop and its deadline -- */

/* An instance with a batch that the peer does not answer; urgent. False: flush does not
 * come back, which is URG-04's matter. */
static bool stuck_instance(struct trial *trial, struct stand **ret_stand, uint64_t *ret_urgent_ns)
{
    struct life_call *call = mem_zalloc(sizeof *call); /* a thread may be left in it */
    struct stand *stand = stand_start(trial, NULL);

    life_peer_hangs(trial);
    life_call_start(call, stand, life_hanging_sample(trial, 1));
    life_call_wait(call, 200 * NS_PER_MS);
    *ret_urgent_ns = clock_now_ns();
    stand_urgent(stand, 1);
    *ret_stand = stand;
    return call->done || life_call_wait(call, FLUSH_NS_MAX);
}

static void sleep_until(uint64_t at_ns)
{
    const struct timespec at = {(time_t)(at_ns / NS_PER_S), (long)(at_ns % NS_PER_S)};

    while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL) == EINTR)
        ;
}

static void lif_deadline(struct trial *trial)
{
    static const uint64_t deadlines_ns[] = {0, 100 * NS_PER_MS, NS_PER_S};

    for (size_t i = 0; i < ARRAY_SIZE(deadlines_ns); i++) {
        struct stand *stand;
        uint64_t urgent_ns, started_ns, took_ns;

        if (!stuck_instance(trial, &stand, &urgent_ns))
            trial_foreign(trial, "flush does not come back, see URG-04");
        sleep_until(urgent_ns + URGENT_NS); /* its threads may be busy so long */
        started_ns = clock_now_ns();
        stand_stop(stand, deadlines_ns[i]);
        took_ns = clock_now_ns() - started_ns;
        if (took_ns > deadlines_ns[i] + GRACE_NS)
            trial_fail(trial,
                "stop is given %llu ms and takes %llu ms while the peer does not answer",
                (unsigned long long)(deadlines_ns[i] / NS_PER_MS),
                (unsigned long long)(took_ns / NS_PER_MS));
        stand_end(stand);
        if (trial->sink)
            sink_behave(trial, SERVER_TAKES);
    }
}

static void lif_odd_stops(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    stand_stop(stand, 0); /* no set_urgent before it, and no time */
    stand_end(stand);
    stand = stand_start(trial, NULL);
    stand_urgent(stand, 0);
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
    stand_end(stand);
    if (trial->sink)
        sink_behave(trial, SERVER_REFUSES);
    stand = stand_start(trial, NULL);
    life_flush(stand, 1);
    stand_stop(stand, 0); /* a stop that cannot deliver */
    stand_end(stand);
    if (trial->sink)
        sink_behave(trial, SERVER_TAKES);
    stand = stand_start(trial, NULL);
    life_deliver(stand, 0, LOGS);
    life_end(stand);
}

/* -- instances side by side -- */

static void lif_two(struct trial *trial)
{
    struct stand *first = life_start_apart(trial, 0);
    struct stand *second = life_start_apart(trial, 1);

    life_deliver(first, 0, LOGS);
    life_deliver(second, LOGS, LOGS);
    life_deliver(first, 2 * LOGS, LOGS);
    life_end(second);
    life_deliver(first, 3 * LOGS, LOGS);
    life_end(first);
    life_expect(trial, 4 * LOGS, true, false);
}

static void lif_many(struct trial *trial)
{
    struct stand *stands[MANY];

    for (uint32_t i = 0; i < MANY; i++)
        stands[i] = life_start_apart(trial, i);
    life_deliver_each(stands, MANY, 0, LOGS);
    for (uint32_t i = 0; i < MANY / 2; i++)
        life_end(stands[i]);
    life_deliver_each(stands + MANY / 2, MANY / 2, MANY * LOGS, LOGS);
    for (uint32_t i = MANY / 2; i < MANY; i++)
        life_end(stands[i]);
    life_expect(trial, (MANY + MANY / 2) * LOGS, true, false);
}

/* -- threads, process end, fork -- */

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

static const char *blame_late(const struct trial *trial, const void *address)
{
    (void)trial;
    return guard_holds(address) ? "the plugin calls the host after stop has returned" : NULL;
}

/* A worker of the host's that has flushed, and outlives the instance. */
struct worker {
    struct stand *stand;
    pthread_t thread;
    pthread_barrier_t flushed, over;
};

static void *work(void *argument)
{
    struct worker *worker = argument;

    heap_kit_thread();
    life_flush(worker->stand, 3);
    pthread_barrier_wait(&worker->flushed);
    pthread_barrier_wait(&worker->over);
    return NULL;
}

static void worker_start(struct trial *trial, struct worker *worker)
{
    pthread_barrier_init(&worker->flushed, NULL, 2);
    pthread_barrier_init(&worker->over, NULL, 2);
    if (pthread_create(&worker->thread, NULL, work, worker))
        trial_lacks(trial, "no thread is to be had");
    pthread_barrier_wait(&worker->flushed);
}

static void worker_end(struct worker *worker)
{
    pthread_barrier_wait(&worker->over);
    pthread_join(worker->thread, NULL);
}

static void lif_dead_host(struct trial *trial)
{
    struct stand *stand = stand_create(trial, NULL);
    struct weir_host *host = guard_copy(&stand->host, sizeof stand->host);
    struct worker worker = {.stand = stand};

    stand->context.host = host;
    if (stand_init(stand))
        trial_fail(trial, "init fails: %s", stand->text);
    worker_start(trial, &worker);
    life_flush(stand, 10);
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
    trial->blame = blame_late;
    guard_revoke(host);
    worker_end(&worker); /* with all that the plugin has left in the thread */
    life_pause_ms(300);
    trial->blame = NULL;
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

/* -- all that the contract allows -- */

enum step {
    STEP_READY,
    STEP_FLUSH,
    STEP_FLUSH_AGAIN,
    STEP_FLUSH_EMPTY,
    STEP_URGENT,
    STEP_WAIT,
    STEP_N,
};

static const char *const step_names[STEP_N] = {
    "is_ready", "flush", "flush again", "flush of nothing", "set_urgent", "wait"};

struct sequence {
    unsigned char steps[STEPS_MAX];
    size_t n;
};

/* As one word list, for the reason. */
static void put_steps(const struct sequence *sequence, char *text, size_t max)
{
    size_t used = 0;

    text[0] = '\0';
    for (size_t i = 0; i < sequence->n && used < max; i++)
        used += (size_t)snprintf(
            text + used, max - used, "%s%s", i ? ", " : "", step_names[sequence->steps[i]]);
}

static void take_step(struct stand *stand, enum step step, struct sample **last, uint32_t *number)
{
    switch (step) {
    case STEP_READY:
        stand_ready(stand);
        break;
    case STEP_FLUSH:
        ++*number;
        *last = marks_sample(stand->trial, stand->n_batches + 1, *number, 1 + *number % 5);
        stand_flush(stand, *last, NULL);
        break;
    case STEP_FLUSH_AGAIN: /* only what is over and was not taken is sent again */
        if (*last && stand_wait(stand, *last, 0) == WEIR_RETRY)
            stand_flush(stand, *last, NULL);
        break;
    case STEP_FLUSH_EMPTY:
        *last = sample_create(stand->n_batches + 1, 1, SAMPLE_BYTES);
        sample_group(*last, 0, 0);
        stand_flush(stand, *last, NULL);
        break;
    case STEP_URGENT:
        stand_urgent(stand, *number % 2);
        break;
    case STEP_WAIT:
        if (*last)
            stand_wait(stand, *last, 20 * NS_PER_MS);
        break;
    default:
        break;
    }
}

/* One sequence: init, steps, stop. What is wrong ends the process. */
static void run_sequence(struct trial *trial, const struct sequence *sequence)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *last = NULL;
    uint32_t number = 0;

    for (size_t i = 0; i < sequence->n; i++)
        take_step(stand, (enum step)sequence->steps[i], &last, &number);
    stand_end(stand);
}

static struct sequence random_sequence(uint64_t *state)
{
    struct sequence sequence = {.n = trial_random(state) % STEPS_MAX};

    for (size_t i = 0; i < sequence.n; i++)
        sequence.steps[i] = (unsigned char)(trial_random(state) % STEP_N);
    return sequence;
}

/* How far a process has come that runs sequences; shared with it. */
struct progress {
    atomic_uint n_done;
    atomic_bool ended; /* by itself: all done, or out of time */
};

/* In that process. What one of several ends with is no verdict yet. */
static void run_all(struct trial *trial, struct progress *progress,
    const struct sequence *sequences, unsigned n, uint64_t end_ns)
{
    struct trial_page *own = mem_zalloc(sizeof *own), *shared = trial->page;
    char text[TRIAL_REASON_MAX / 2];

    crash_ignore();
    for (unsigned i = 0; i < n && clock_now_ns() < end_ns; i++) {
        put_steps(&sequences[i], text, sizeof text);
        trial->page = shared;
        trial_doing(trial, "init, %s, stop", text);
        trial->page = n > 1 ? own : shared;
        run_sequence(trial, &sequences[i]);
        atomic_fetch_add(&progress->n_done, 1);
    }
    atomic_store(&progress->ended, true);
    _exit(EXIT_SUCCESS);
}

/* Whether a process that runs these sequences comes to its end. It is forked off before the
 * plugin has any thread. */
static bool survives(struct trial *trial, struct progress *progress,
    const struct sequence *sequences, unsigned n, uint64_t end_ns)
{
    int status = 0;
    pid_t pid;

    atomic_store(&progress->n_done, 0);
    atomic_store(&progress->ended, false);
    pid = fork();
    if (pid == 0)
        run_all(trial, progress, sequences, n, end_ns);
    if (pid < 0 || waitpid(pid, &status, 0) < 0)
        trial_lacks(trial, "no process is to be had");
    return !WIFSIGNALED(status) && WEXITSTATUS(status) == 0 && atomic_load(&progress->ended);
}

/* Leaves out what is not needed for it to fail. */
static void shrink(struct trial *trial, struct progress *progress, struct sequence *sequence)
{
    for (size_t i = 0; i < sequence->n;) {
        struct sequence fewer = {.n = sequence->n - 1};

        memcpy(fewer.steps, sequence->steps, i);
        memcpy(fewer.steps + i, sequence->steps + i + 1, sequence->n - i - 1);
        if (survives(trial, progress, &fewer, 1, UINT64_MAX))
            i++;
        else
            *sequence = fewer;
    }
}

/* The one that has ended a process with others: it counts if it does so alone. */
static void expect_harmless(
    struct trial *trial, struct progress *progress, const struct sequence *suspect)
{
    struct sequence sequence = *suspect;
    char text[TRIAL_REASON_MAX / 2];

    if (survives(trial, progress, &sequence, 1, UINT64_MAX))
        return;
    if (atomic_load(&trial->page->verdict) == VERDICT_NONE)
        shrink(trial, progress, &sequence);
    put_steps(&sequence, text, sizeof text);
    trial_fail(trial, "dies of these calls: init, %s, stop", text);
}

/* Several sequences share a process, as most do no harm. The one that dies is made as short
 * as it can be. */
static void lif_sequences(struct trial *trial)
{
    const uint64_t end_ns = clock_now_ns() + SEQUENCES_NS;
    struct progress *progress =
        mmap(NULL, sizeof *progress, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    uint64_t state = trial->seed;
    unsigned n = 0;

    if (progress == MAP_FAILED)
        trial_lacks(trial, "no shared memory is to be had");
    trial_descriptor(trial);
    while (n < SEQUENCES && clock_now_ns() < end_ns) {
        struct sequence sequences[TOGETHER];
        unsigned first = 0;

        for (unsigned i = 0; i < TOGETHER; i++)
            sequences[i] = random_sequence(&state);
        while (first < TOGETHER && clock_now_ns() < end_ns) {
            const bool well =
                survives(trial, progress, &sequences[first], TOGETHER - first, end_ns);

            first += atomic_load(&progress->n_done);
            if (well)
                continue;
            first = MIN(first, TOGETHER - 1);
            expect_harmless(trial, progress, &sequences[first++]);
        }
        n += first;
    }
    munmap(progress, sizeof *progress);
    trial_note(trial, "%u random sequences of calls", n);
}

/* -- probe -- */

/* What a server gets of a probe is no log: at most an empty list. */
#define PROBE_BYTES_MAX 2u
#define PROBE_NS (2 * NS_PER_S)

/* init, probe, stop, as `weir check --connect` does it. What probe says; words in `text`. */
static int probe_once(struct trial *trial, char text[STAND_TEXT_MAX])
{
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t started_ns = clock_now_ns();
    const int r = stand_probe(stand, PROBE_NS);

    if (clock_now_ns() - started_ns > PROBE_NS + PROBE_NS)
        trial_fail(trial, "probe is given %u s and takes %llu ms", (unsigned)(PROBE_NS / NS_PER_S),
            (unsigned long long)((clock_now_ns() - started_ns) / NS_PER_MS));
    snprintf(text, STAND_TEXT_MAX, "%s", stand->text);
    if (r && !text[0])
        trial_fail(trial, "probe fails without a word why");
    stand_end(stand);
    return r;
}

static void lif_probe(struct trial *trial)
{
    SCOPED_BUF struct buf taken = {0};
    char text[STAND_TEXT_MAX];

    if (!trial_class(trial)->calls.probe)
        trial_foreign(trial, "the class has no probe");
    if (probe_once(trial, text) && trial->sink)
        trial_fail(trial, "the destination works, but probe says: %s", text);
    if (trial->sink) {
        life_pause_ms(50);
        sink_read(trial, &taken);
        if (taken.size > PROBE_BYTES_MAX)
            trial_fail(trial, "probe sends data: %.40s", buf_text(&taken));
    }
    if (!sink_break(trial))
        return;
    if (trial->sink)
        sink_behave(trial, SERVER_REFUSES);
    if (!probe_once(trial, text) && trial->sink)
        trial_fail(trial, "nothing listens, but probe says that all is well");
    life_peer_hangs(trial);
    probe_once(trial, text);
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
        .asserts = "Twenty instances do not meet."},
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
