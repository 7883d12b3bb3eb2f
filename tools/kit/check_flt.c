/* FLT: the system fails. */
#include "kit/check_flt.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "kit/binary.h"
#include "kit/calls.h"
#include "kit/check.h"
#include "kit/config.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"
#include "kit/usage.h"

#define ALLOCATIONS_MAX 2000u
#define ALLOCATIONS_NS (6 * NS_PER_S)
#define LIFE_BATCHES 2u
#define FILE_CALLS_MAX 64u
#define SIGNAL_US 1000
#define SIGNALLED 30u /* batches, fewer when they take long */
#define SIGNALLED_MIN 3u
#define SIGNALLED_NS (4 * NS_PER_S)
#define SETTLE_NS (3 * NS_PER_S)
#define LOGS 20u
#define HIGH_NUMBER 1024 /* of a descriptor: FD_SETSIZE */
#define ADDRESS_SPACE_MORE ((rlim_t)32 << 20)

/* -- memory -- */

/* Notes that the logs from `first` on are DELIVERED: they must arrive. */
static void note_delivered(
    const struct stand *stand, const struct sample *sample, uint32_t first, struct buf *delivered)
{
    for (uint32_t i = 0; i < LOGS; i++)
        if (life_log_verdict(stand, sample, 0, i) == WEIR_DELIVERED)
            buf_append(delivered, &(uint32_t){first + i}, sizeof first);
}

static void expect_noted(struct trial *trial, const struct buf *delivered)
{
    const uint32_t *numbers = (const uint32_t *)(const void *)delivered->data;
    const size_t n = delivered->size / sizeof *numbers;
    struct marks_found found;
    size_t lost = 0;

    if (sink_kind(trial) == SINK_NONE || !n)
        return;
    for (uint64_t end_ns = clock_now_ns() + SETTLE_NS;; life_pause_ms(20)) {
        marks_find(trial, numbers[n - 1] + 1, 0, &found);
        lost = 0;
        for (size_t i = 0; i < n; i++)
            lost += !found.counts[numbers[i]];
        marks_finish(&found);
        if (!lost)
            return;
        if (clock_now_ns() > end_ns)
            trial_fail(trial,
                "allocations fail, and %zu logs of %zu that are DELIVERED have not arrived", lost,
                n);
    }
}

/* A life in which the n-th allocation of the plugin fails. Only a crash is wrong, an answer
 * that is none, and a lost log. */
static void life_without(
    struct trial *trial, uint64_t n, void (*fail)(uint64_t n), struct buf *delivered)
{
    const uint32_t first = (uint32_t)(n - 1) * LIFE_BATCHES * LOGS;
    struct stand *stand = stand_create(trial, NULL);
    uint32_t verdict;

    trial_doing(trial, "a life in which allocation %llu fails", (unsigned long long)n);
    fail(n);
    if (stand_init(stand)) {
        if (!heap_has_failed())
            trial_fail(trial, "init fails without cause: %s", stand->text);
        heap_fail_at(0);
        stand_end(stand);
        return;
    }
    for (uint32_t i = 0; i < LIFE_BATCHES; i++) {
        struct sample *sample = marks_sample(trial, i + 1, first + i * LOGS, LOGS);

        if (!life_ready(stand)) {
            sample_destroy(sample);
            continue;
        }
        verdict = stand_try(stand, sample, SETTLE_NS);
        if (verdict > WEIR_BROKEN)
            trial_fail(trial, "allocation %llu fails, and the verdict is %u, which is none",
                (unsigned long long)n, verdict);
        if (verdict != WEIR_PENDING)
            note_delivered(stand, sample, first + i * LOGS, delivered);
    }
    life_end(stand);
    heap_fail_at(0);
}

/* Rust ends the process when memory runs out; that is how the language is. */
static void leave_rust_out(struct trial *trial)
{
    struct binary binary;
    char why[256] = "";
    bool rust;

    if (binary_read(&binary, trial->path, why, sizeof why))
        trial_fail(trial, "%s", why);
    rust = binary.rust;
    binary_finish(&binary);
    if (rust)
        trial_foreign(trial, "code in Rust ends the process when memory runs out");
}

static void memory_fails(struct trial *trial, void (*fail)(uint64_t n))
{
    const uint64_t end_ns = clock_now_ns() + ALLOCATIONS_NS;
    SCOPED_BUF struct buf delivered = {0};
    uint64_t n = 0;

    life_need_injection(trial);
    leave_rust_out(trial);
    trial_descriptor(trial);
    do {
        n++;
        life_without(trial, n, fail, &delivered);
    } while (heap_has_failed() && n < ALLOCATIONS_MAX && clock_now_ns() < end_ns);
    if (n == 1 && !heap_has_failed())
        trial_foreign(trial, "the plugin's own code allocates nothing (n = 0)");
    expect_noted(trial, &delivered);
    trial_note(trial, "%llu allocations failed, in a life each%s", (unsigned long long)n - 1,
        heap_has_failed() ? ", there are more" : "");
}

static void flt_memory(struct trial *trial)
{
    memory_fails(trial, heap_fail_at);
}

static void flt_no_memory(struct trial *trial)
{
    memory_fails(trial, heap_fail_from);
}

/* -- files -- */

/* How files fail: from a call on, or at one only. */
typedef void failure(int error, uint64_t nth);

/* Two groups, of which the first may fail and the second work. */
static struct sample *sample_of_halves(struct trial *trial, uint32_t first)
{
    struct sample *sample = sample_create(1, 2, SAMPLE_BYTES);

    for (uint32_t i = 0; i < LOGS; i++) {
        if (i % (LOGS / 2) == 0)
            sample_group(sample, LOGS / 2, 0);
        marks_log(trial, sample, first + i);
    }
    return sample;
}

/* Delivers while files fail at the n-th call, then with a system that is well. False: there
 * was no such call. */
static bool deliver_failing(
    struct trial *trial, failure *fail, int error, uint64_t n, uint32_t first)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_of_halves(trial, first);
    const uint64_t calls = calls_files();
    uint32_t verdict;
    bool fails;

    fail(error, n);
    verdict = stand_try(stand, sample, SETTLE_NS);
    fails = calls_files() - calls >= n;
    calls_fail_files(0, 0);
    if (verdict == WEIR_REJECTED)
        trial_fail(trial, "%s at call %llu: the verdict is REJECTED, and the logs are lost",
            strerror(error), (unsigned long long)n);
    if (verdict != WEIR_DELIVERED)
        verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
    if (verdict != WEIR_DELIVERED)
        trial_fail(trial, "after %s is over, the verdict is %s: %s", strerror(error),
            stand_verdict_name(verdict), stand->text);
    life_end(stand);
    return fails;
}

static void flt_files(struct trial *trial)
{
    static const struct {
        failure *fail;
        int error;
    } failures[] = {{calls_fail_files, ENOSPC}, {calls_fail_files, EIO}, {calls_fail_files, EDQUOT},
        {calls_fail_file, ENOSPC}};
    uint32_t first = 0, failed = 0;

    life_need_injection(trial);
    if (sink_kind(trial) != SINK_FILE)
        trial_foreign(trial, "its sink is no file");
    for (size_t i = 0; i < ARRAY_SIZE(failures); i++) {
        bool fails = true;

        for (uint64_t n = 1; fails && n < FILE_CALLS_MAX; n++, first += LOGS) {
            fails = deliver_failing(trial, failures[i].fail, failures[i].error, n, first);
            failed += fails;
        }
    }
    if (!failed)
        trial_foreign(trial, "it makes no call that could be made to fail (n = 0)");
    life_expect(trial, first, false, false);
    trial_note(trial, "files failed at %u calls", failed);
}

/* -- interrupted and short calls -- */

static void on_alarm(int number)
{
    (void)number;
}

static void flt_signals(struct trial *trial)
{
    const struct sigaction action = {.sa_handler = on_alarm}; /* calls are not restarted */
    const struct itimerval often = {{0, SIGNAL_US}, {0, SIGNAL_US}}, never = {{0, 0}, {0, 0}};
    const uint64_t end_ns = clock_now_ns() + SIGNALLED_NS;
    struct stand *stand;
    uint32_t n = 0;

    sigaction(SIGALRM, &action, NULL);
    stand = stand_start(trial, NULL);
    if (trial->sink)
        atomic_store(&trial->sink->delay_ms, 5);
    setitimer(ITIMER_REAL, &often, NULL);
    for (; n < SIGNALLED_MIN || (n < SIGNALLED && clock_now_ns() < end_ns); n++)
        life_deliver(stand, n * LOGS, LOGS);
    setitimer(ITIMER_REAL, &never, NULL);
    calls_interrupt(true); /* also what no signal can be timed for */
    for (uint32_t i = 0; i < SIGNALLED_MIN; i++, n++)
        life_deliver(stand, n * LOGS, LOGS);
    calls_interrupt(false);
    life_end(stand);
    life_expect(trial, n * LOGS, false, false);
}

static void flt_short(struct trial *trial)
{
    struct stand *stand;

    life_need_injection(trial);
    stand = stand_start(trial, NULL);
    calls_be_short(true);
    for (uint32_t i = 0; i < 5; i++)
        life_deliver(stand, i * LOGS, LOGS);
    life_end(stand);
    calls_be_short(false);
    if (!calls_shortened())
        trial_foreign(trial, "it makes no call that could be made short (n = 0)");
    life_expect(trial, 5 * LOGS, true, false);
    trial_note(trial, "%llu calls moved 7 bytes", (unsigned long long)calls_shortened());
}

/* -- nothing left -- */

static rlim_t count_fds(void)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;
    rlim_t highest = 2;

    while (folder && (entry = readdir(folder)))
        highest = MAX(highest, (rlim_t)atoi(entry->d_name));
    if (folder)
        closedir(folder);
    return highest + 1;
}

/* In a process with many files, numbers are high: select() cannot take them. */
static void expect_high_numbers(struct trial *trial, uint32_t first)
{
    struct stand *stand;
    struct rlimit before, more;
    int taken[HIGH_NUMBER], n = 0;

    getrlimit(RLIMIT_NOFILE, &before);
    more = before;
    more.rlim_cur = MIN(before.rlim_max, (rlim_t)HIGH_NUMBER * 2);
    setrlimit(RLIMIT_NOFILE, &more);
    while (n < HIGH_NUMBER && (taken[n] = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) >= 0 &&
           taken[n++] < HIGH_NUMBER)
        ;
    if (n && taken[n - 1] >= HIGH_NUMBER) {
        stand = stand_start(trial, NULL);
        life_deliver(stand, first, LOGS);
        life_deliver(stand, first + LOGS, LOGS); /* over what was opened before */
        life_end(stand);
    }
    while (n > 0)
        close(taken[--n]);
    setrlimit(RLIMIT_NOFILE, &before);
}

static void flt_descriptors(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = marks_sample(trial, 1, 0, LOGS);
    struct rlimit before, none;
    uint32_t verdict;

    getrlimit(RLIMIT_NOFILE, &before);
    none = before;
    none.rlim_cur = count_fds() - 1; /* the folder's own is free again */
    setrlimit(RLIMIT_NOFILE, &none);
    verdict = stand_try(stand, sample, SETTLE_NS);
    setrlimit(RLIMIT_NOFILE, &before);
    if (verdict == WEIR_REJECTED)
        trial_fail(trial, "without descriptors the verdict is REJECTED, and the logs are lost");
    if (verdict != WEIR_DELIVERED && sink_kind(trial) != SINK_NONE) {
        verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
        if (verdict != WEIR_DELIVERED)
            trial_fail(trial, "descriptors are there again, but the verdict is %s: %s",
                stand_verdict_name(verdict), stand->text);
    }
    life_end(stand);
    life_expect(trial, LOGS, false, false);
    expect_high_numbers(trial, LOGS);
}

static void flt_threads(struct trial *trial)
{
    struct stand *stand;

    life_need_injection(trial);
    calls_no_threads(true);
    stand = stand_create(trial, NULL);
    if (!stand_init(stand)) {
        life_flush(stand, 3);
        life_end(stand);
    } else if (!stand->text[0]) {
        trial_fail(trial, "init fails for want of a thread, without words");
    }
    calls_no_threads(false);
    if (!calls_refused_threads())
        trial_foreign(trial, "it makes no threads (n = 0)");
    stand = stand_start(trial, NULL);
    life_deliver(stand, 0, LOGS);
    life_end(stand);
}

/* Little room in the address space: what libraries allocate fails as well. */
static void flt_address_space(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = marks_sample(trial, 1, 0, LOGS);
    struct rlimit before, little;
    uint32_t verdict;

    leave_rust_out(trial);
    getrlimit(RLIMIT_AS, &before);
    little = before;
    little.rlim_cur = (rlim_t)usage_mapped_bytes() + ADDRESS_SPACE_MORE;
    setrlimit(RLIMIT_AS, &little);
    verdict = stand_try(stand, sample, SETTLE_NS);
    setrlimit(RLIMIT_AS, &before);
    if (verdict == WEIR_REJECTED)
        trial_fail(trial, "with little address space the verdict is REJECTED");
    life_deliver(stand, LOGS, LOGS);
    life_end(stand);
}

const struct check checks_flt[] = {
    {.id = "FLT-01",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_memory,
        .asserts = "Each allocation may fail; the plugin answers, and goes on."},
    {.id = "FLT-02",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_no_memory,
        .asserts = "Every allocation from one on may fail."},
    {.id = "FLT-03",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_files,
        .asserts = "A disk that is full or fails means RETRY, and nothing is lost."},
    {.id = "FLT-04",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_signals,
        .asserts = "Calls that are interrupted by signals are made again."},
    {.id = "FLT-05",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_short,
        .asserts = "Reads and writes that move few bytes are continued."},
    {.id = "FLT-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_descriptors,
        .asserts =
            "Without descriptors logs are kept, not lost; with many, their numbers are high."},
    {.id = "FLT-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_threads,
        .asserts = "Without threads the plugin answers in words."},
    {.id = "FLT-08",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_clocks,
        .asserts = "The wall clock may jump; deliveries go on."},
    {.id = "FLT-09",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = flt_data_folder,
        .asserts = "A data folder that cannot be made is borne."},
    {.id = "FLT-10",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_state,
        .asserts = "Files in the data folder may be cut or damaged."},
    {.id = "FLT-11",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .asserts = "The process may be stopped for 30 seconds.",
        .missing = "a peer that has hung up meanwhile and a clock that has gone on are all that a "
                   "flusher sees of it: NET-04, NET-10, FLT-08"},
    {.id = "FLT-12",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = flt_address_space,
        .asserts = "Little address space is borne."},
    {.id = "FLT-13",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .asserts = "Libraries may fail to start.",
        .missing = "how each library is made to fail is not known to the kit; NET-07 has the "
                   "resolver, FLT-01 and FLT-12 memory that is not to be had"},
    {.id = "FLT-14",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "A sandbox by the capabilities is borne.",
        .missing = "the host has no such sandbox yet"},
    {0},
};
