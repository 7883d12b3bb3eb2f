/* LIF: random sequences of all calls that the contract allows. */
#include "kit/check_lif.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "kit/crash.h"
#include "kit/life.h"
#include "kit/marks.h"

#define SEQUENCES 1000u
#define SEQUENCES_NS (4 * NS_PER_S)
#define STEPS_MAX 12u
#define TOGETHER 20u /* sequences in one process */

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
void lif_sequences(struct trial *trial)
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
