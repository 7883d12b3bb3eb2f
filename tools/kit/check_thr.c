/* THR: threads of the host, and those that a plugin makes. */
#include "kit/check.h"

#include <dirent.h>
#include <errno.h>
#include <fenv.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define THREADS_MAX 16u
#define WORKERS 8u
#define FLUSHES 100u
#define PER_FLUSH 200u /* logs */
#define NAGGED 1000u   /* flushes, or what goes in three seconds */
#define TURNS 10u
#define TURNS_MIN 3u
#define TURNS_NS (3 * NS_PER_S)
#define SMALL_STACK ((size_t)256 * 1024)
#define FAULT_SIGNALS \
    ((UINT64_C(1) << (SIGSEGV - 1)) | (UINT64_C(1) << (SIGBUS - 1)) | \
        (UINT64_C(1) << (SIGFPE - 1)) | (UINT64_C(1) << (SIGILL - 1)) | \
        (UINT64_C(1) << (SIGTRAP - 1)) | (UINT64_C(1) << (SIGABRT - 1)) | \
        (UINT64_C(1) << (SIGSYS - 1)) | (UINT64_C(1) << (SIGKILL - 1)) | \
        (UINT64_C(1) << (SIGSTOP - 1)) | (UINT64_C(3) << 31))

static unsigned count_threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    const struct dirent *entry;
    unsigned n = 0;

    while (folder && (entry = readdir(folder)))
        n += entry->d_name[0] != '.';
    if (folder)
        closedir(folder);
    return n;
}

static void thr_bounded(struct trial *trial)
{
    const unsigned before = count_threads();
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t end_ns = clock_now_ns() + 2 * LIFE_FLUSH_NS;
    unsigned most = 0;

    for (unsigned i = 0; i < 30 && clock_now_ns() < end_ns; i++) {
        life_flush(stand, 3);
        most = MAX(most, count_threads() - before);
    }
    if (most > THREADS_MAX)
        trial_fail(trial, "one instance has %u threads; that many are not needed", most);
    trial_note(trial, "%u threads at most", most);
    life_end(stand);
}

/* -- flushes on other threads -- */

struct worker {
    struct stand *stand;
    uint32_t index;
    pthread_t thread;
};

static void *flush_many(void *argument)
{
    const struct worker *worker = argument;
    struct trial *trial = worker->stand->trial;

    heap_kit_thread();
    for (uint32_t i = 0; i < FLUSHES; i++) {
        const uint32_t number = worker->index * FLUSHES + i;
        struct sample *sample = marks_sample(trial, number + 1, number * PER_FLUSH, PER_FLUSH);

        if (sink_kind(trial) == SINK_NONE)
            stand_flush(worker->stand, sample, NULL);
        else if (stand_deliver(worker->stand, sample, LIFE_DELIVER_NS) != WEIR_DELIVERED)
            trial_fail(trial, "flushes at one time: a batch is not DELIVERED");
    }
    return NULL;
}

static void thr_concurrent(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct worker workers[WORKERS];

    if (!(stand->class->flags & WEIR_CONCURRENT))
        trial_foreign(trial, "the class is not CONCURRENT");
    for (uint32_t i = 0; i < WORKERS; i++) {
        workers[i] = (struct worker){stand, i, 0};
        if (pthread_create(&workers[i].thread, NULL, flush_many, &workers[i]))
            trial_lacks(trial, "no thread is to be had");
    }
    for (uint32_t i = 0; i < WORKERS; i++)
        pthread_join(workers[i].thread, NULL);
    life_end(stand);
    life_expect(trial, WORKERS * FLUSHES * PER_FLUSH, true, false);
}

/* One step of a life on a thread of its own, which ends with it. */
struct step {
    struct stand *stand;
    void (*run)(struct stand *stand, uint32_t number);
    uint32_t number;
};

static void *run_step(void *argument)
{
    const struct step *step = argument;

    heap_kit_thread();
    step->run(step->stand, step->number);
    return NULL;
}

static void elsewhere(struct stand *stand, void (*run)(struct stand *stand, uint32_t number),
    uint32_t number, const pthread_attr_t *attributes)
{
    struct step step = {stand, run, number};
    pthread_t thread;

    if (pthread_create(&thread, attributes, run_step, &step))
        trial_lacks(stand->trial, "no thread is to be had");
    pthread_join(thread, NULL);
}

static void step_init(struct stand *stand, uint32_t number)
{
    (void)number;
    if (stand_init(stand))
        trial_fail(stand->trial, "init fails on another thread: %s", stand->text);
}

static void step_deliver(struct stand *stand, uint32_t number)
{
    life_deliver(stand, number * 5, 5);
}

static void step_stop(struct stand *stand, uint32_t number)
{
    (void)number;
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
}

static void life_elsewhere(struct trial *trial, const pthread_attr_t *attributes)
{
    struct stand *stand = stand_create(trial, NULL);
    const uint64_t end_ns = clock_now_ns() + TURNS_NS;
    uint32_t n = 0;

    elsewhere(stand, step_init, 0, attributes);
    for (; n < TURNS_MIN || (n < TURNS && clock_now_ns() < end_ns); n++)
        elsewhere(stand, step_deliver, n, attributes);
    elsewhere(stand, step_stop, 0, attributes);
    stand_end(stand);
    life_expect(trial, n * 5, true, false);
}

static void thr_in_turn(struct trial *trial)
{
    life_elsewhere(trial, NULL);
}

static void thr_small_stack(struct trial *trial)
{
    pthread_attr_t attributes;

    trial_descriptor(trial); /* loading needs more */
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, SMALL_STACK);
    life_elsewhere(trial, &attributes);
    pthread_attr_destroy(&attributes);
}

/* -- threads of the plugin -- */

/* A line of a thread's status. */
static bool read_status(const char *task, const char *key, char *text, size_t text_max)
{
    char path[320];
    FILE *file;
    bool found = false;

    snprintf(path, sizeof path, "/proc/self/task/%s/status", task);
    file = fopen(path, "re");
    while (file && !found && fgets(text, (int)text_max, file))
        found = !strncmp(text, key, strlen(key));
    if (file)
        fclose(file);
    return found;
}

/* Calls `look` for each thread but this one. */
static void for_each_thread(
    struct trial *trial, void (*look)(struct trial *trial, const char *task))
{
    DIR *folder = opendir("/proc/self/task");
    const struct dirent *entry;
    char own[16];

    snprintf(own, sizeof own, "%d", gettid());
    while (folder && (entry = readdir(folder)))
        if (entry->d_name[0] != '.' && strcmp(entry->d_name, own) != 0)
            look(trial, entry->d_name);
    if (folder)
        closedir(folder);
}

static void look_at_mask(struct trial *trial, const char *task)
{
    char line[128];
    uint64_t blocked;

    if (!read_status(task, "SigBlk:", line, sizeof line))
        return;
    blocked = strtoull(line + strlen("SigBlk:"), NULL, 16);
    if (~blocked & ~FAULT_SIGNALS)
        trial_fail(trial, "a thread of the plugin has unblocked signals of the host: %016llx",
            (unsigned long long)(~blocked & ~FAULT_SIGNALS));
}

/* A thread that has just begun sets its mask in a moment. */
#define MASK_LOOKS 20
#define MASK_PAUSE_MS 10

/* The host calls with all signals blocked; new threads have the mask of their maker. */
static void thr_mask(struct trial *trial)
{
    struct stand *stand;
    sigset_t all, before;

    sigfillset(&all);
    sigdelset(&all, SIGSEGV);
    sigdelset(&all, SIGBUS);
    sigdelset(&all, SIGABRT);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    stand = stand_start(trial, NULL);
    life_flush(stand, 3);
    if (count_threads() == 1)
        trial_foreign(trial, "the plugin has no threads");
    for (int i = 0; i < MASK_LOOKS; i++) {
        for_each_thread(trial, look_at_mask);
        life_pause_ms(MASK_PAUSE_MS);
    }
    life_end(stand);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}

static void look_at_name(struct trial *trial, const char *task)
{
    char line[128];

    if (!read_status(task, "Name:", line, sizeof line))
        return;
    if (strstr(line, "weir-plugin"))
        trial_warn(trial, "a thread of the plugin has no name; give it one with "
                          "pthread_setname_np");
}

static void thr_named(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    life_flush(stand, 3);
    if (count_threads() == 1)
        trial_foreign(trial, "the plugin has no threads");
    for_each_thread(trial, look_at_name);
    life_end(stand);
}

/* -- what a call may change -- */

static void thr_state(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    int cancel = 0, cancel_type = 0;
    SCOPED_FREE char *before = snapshot_take(ASPECT_SIGNAL_MASK);
    SCOPED_FREE char *after = NULL;

    fesetround(FE_UPWARD);
    life_flush(stand, 5);
    after = snapshot_take(ASPECT_SIGNAL_MASK);
    if (fegetround() != FE_UPWARD)
        trial_fail(trial, "flush changes the rounding of the calling thread");
    fesetround(FE_TONEAREST);
    pthread_setcancelstate(PTHREAD_CANCEL_ENABLE, &cancel);
    pthread_setcanceltype(PTHREAD_CANCEL_DEFERRED, &cancel_type);
    if (cancel != PTHREAD_CANCEL_ENABLE || cancel_type != PTHREAD_CANCEL_DEFERRED)
        trial_fail(trial, "flush changes whether the calling thread can be cancelled");
    if (strcmp(before, after) != 0)
        trial_fail(trial, "flush changes the signal mask of the calling thread");
    life_end(stand);
}

static void *urgent_elsewhere(void *stand)
{
    heap_kit_thread();
    stand_urgent(stand, 0);
    return NULL;
}

struct nagging {
    struct stand *stand;
    atomic_bool done;
};

static void *urgent_again(void *argument)
{
    struct nagging *nagging = argument;

    heap_kit_thread();
    while (!atomic_load(&nagging->done))
        stand_urgent(nagging->stand, 1);
    return NULL;
}

/* Flushes while set_urgent is called all the time. */
static void thr_nagged(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct nagging nagging = {.stand = stand};
    pthread_t thread;

    if (!stand->class->calls.set_urgent)
        trial_foreign(trial, "the class has no set_urgent");
    if (pthread_create(&thread, NULL, urgent_again, &nagging))
        trial_lacks(trial, "no thread is to be had");
    life_flush(stand, NAGGED);
    atomic_store(&nagging.done, true);
    pthread_join(thread, NULL);
    life_end(stand);
}

/* set_urgent is allowed to overlap everything, so also a call of the host that the
 * plugin makes: a lock that is held over it would stop both. */
static void thr_no_lock(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    if (!stand->class->calls.set_urgent)
        trial_foreign(trial, "the class has no set_urgent");
    stand_at_call(stand, urgent_elsewhere);
    life_flush(stand, 5);
    stand_at_call(stand, NULL);
    life_end(stand);
}

const struct check checks_thr[] = {
    {.id = "THR-01",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = thr_bounded,
        .asserts = "An instance has few threads."},
    {.id = "THR-02",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 120,
        .run = thr_concurrent,
        .asserts = "A CONCURRENT class is flushed by several threads at a time."},
    {.id = "THR-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = thr_in_turn,
        .asserts = "Each call may come on another thread."},
    {.id = "THR-04",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = thr_mask,
        .asserts = "Threads of the plugin leave signals blocked."},
    {.id = "THR-05",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = thr_named,
        .asserts = "Threads of the plugin have names."},
    {.id = "THR-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Calls of the host come from threads that may make them.",
        .missing = "every call of this ABI's host table may come from every thread"},
    {.id = "THR-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = thr_small_stack,
        .asserts = "Calls get by with 256 KiB of stack."},
    {.id = "THR-08",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = thr_no_lock,
        .asserts = "No lock that set_urgent needs is held while the host is called."},
    {.id = "THR-09",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = thr_state,
        .asserts = "Calls leave the state of their thread as it was."},
    {.id = "THR-10",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "There are no races.",
        .missing =
            "build plugin and weir-plugin with -fsanitize=thread: each check then sees them"},
    {.id = "THR-11",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = thr_nagged,
        .asserts = "set_urgent may overlap any call: no lock stops both."},
    {0},
};
