/* FLU: flush, verdicts, and the memory of batches. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "base/mem.h"
#include "base/util.h"
#include "kit/life.h"
#include "kit/marks.h"

#define DELIVER_NS (10 * NS_PER_S)
#define ARRIVE_NS (3 * NS_PER_S)
#define SETTLE_NS (5 * NS_PER_S)
#define BATCHES 3u
#define LOGS 100u

static void pause_ms(unsigned ms)
{
    usleep(ms * 1000);
}

/* Delivers batches of marked logs, and fails when one is not taken. */
static void deliver_all(
    struct trial *trial, struct stand *stand, unsigned n_batches, unsigned n_logs)
{
    for (unsigned i = 0; i < n_batches; i++) {
        struct sample *sample = marks_sample(trial, i + 1, i * n_logs, n_logs);
        const uint32_t verdict = stand_deliver(stand, sample, DELIVER_NS);

        if (verdict != WEIR_DELIVERED)
            trial_fail(trial,
                "a destination that takes everything gets verdict %u for batch %u: %s", verdict,
                i + 1, stand->text);
    }
}

static void expect_arrived(struct trial *trial, uint32_t n, bool ordered)
{
    struct marks_found found;

    marks_find(trial, n, ARRIVE_NS, &found);
    if (found.n_missing)
        trial_fail(trial,
            "%u of %u logs that were DELIVERED did not arrive, the first is number %u",
            found.n_missing, n, found.first_missing);
    if (found.n_repeated)
        trial_fail(trial, "%u of %u logs arrived more than once, the first is number %u",
            found.n_repeated, n, found.first_repeated);
    if (ordered && found.n_disordered)
        trial_fail(trial, "%u of %u logs arrived out of order", found.n_disordered, n);
    marks_finish(&found);
    trial_note(trial, "%u logs of %u arrived, each once", n, n);
}

static void flu_delivers(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    const bool ordered = !(stand->class->flags & WEIR_CONCURRENT);

    deliver_all(trial, stand, BATCHES, LOGS);
    stand_urgent(stand, 1);
    stand_end(stand);
    expect_arrived(trial, BATCHES * LOGS, ordered);
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
}

static void flu_verdict(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    expect_verdict(trial, stand, marks_sample(trial, 1, 0, 1));
    expect_verdict(trial, stand, marks_sample(trial, 2, 1, LOGS));
    stand_urgent(stand, 1);
    stand_end(stand);
}

/* -- traps -- */

static const char *blame_writer(const struct trial *trial, const void *address)
{
    const struct stand *stand = trial->blame_context;

    for (size_t i = 0; i < stand->n_batches; i++)
        if (sample_holds(stand->batches[i].sample, address))
            return "the plugin writes into the batch; it is read-only";
    return NULL;
}

static void flu_read_only(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    trial->blame = blame_writer;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 4; id++) {
        struct sample *sample = marks_sample(trial, id, (uint32_t)id * LOGS, LOGS);

        sample_view(sample);
        sample_protect(sample, PROT_READ);
        if (stand_flush(stand, sample, NULL) == WEIR_PENDING)
            stand_wait(stand, sample, SETTLE_NS);
    }
    stand_urgent(stand, 1);
    stand_stop(stand, 5 * NS_PER_S);
    trial->blame = NULL;
}

static const char *blame_keeper(const struct trial *trial, const void *address)
{
    const struct stand *stand = trial->blame_context;

    for (size_t i = 0; i < stand->n_batches; i++)
        if (sample_holds(stand->batches[i].sample, address))
            return "the plugin uses a batch after its verdict";
    return NULL;
}

static void take_away(struct stand *stand, struct stand_batch *batch)
{
    (void)stand;
    sample_protect(batch->sample, PROT_NONE);
}

static void flu_kept(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    stand->on_settle = take_away;
    trial->blame = blame_keeper;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 8; id++) {
        struct sample *sample = marks_sample(trial, id, (uint32_t)id * LOGS, LOGS);

        if (stand_flush(stand, sample, NULL) == WEIR_PENDING && id % 2)
            stand_wait(stand, sample, SETTLE_NS);
        pause_ms(5); /* for threads of the plugin's that still look at it */
    }
    stand_urgent(stand, 1);
    pause_ms(50);
    stand_stop(stand, 5 * NS_PER_S);
    pause_ms(50);
    trial->blame = NULL;
}

/* -- sizes -- */

static struct weir_str text_str(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

static struct sample *sample_of_value(const struct trial *trial, uint64_t id, size_t size)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + size);
    char *value = mem_zalloc(size + 1);
    const struct weir_kv content = {text_str("content"), {value, size}};

    (void)trial;
    memset(value, 'v', size);
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, &content, 1);
    free(value);
    return sample;
}

static struct sample *sample_of_empty_groups(uint64_t id)
{
    struct sample *sample = sample_create(id, 3, SAMPLE_BYTES);

    sample_group(sample, 0, 0);
    sample_group(sample, 0, 1);
    sample_tag(sample, text_str("host"), text_str("verify"));
    sample_group(sample, 0, 0);
    return sample;
}

static void flush_size(
    struct trial *trial, struct stand *stand, struct sample *sample, const char *what)
{
    uint32_t verdict;

    trial_doing(trial, "flush of %s", what);
    verdict = stand_flush(stand, sample, NULL);
    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "%s: flush returns %u, which is no verdict", what, verdict);
    if (verdict == WEIR_PENDING)
        stand_wait(stand, sample, SETTLE_NS);
}

static void flu_sizes(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    flush_size(trial, stand, sample_of_empty_groups(1), "groups without logs");
    flush_size(trial, stand, marks_sample(trial, 2, 0, 1), "one log");
    flush_size(trial, stand, marks_sample(trial, 3, 1, 1000), "1,000 logs");
    flush_size(trial, stand, marks_sample(trial, 4, 1001, 100000), "100,000 logs");
    flush_size(trial, stand, sample_of_value(trial, 5, 0), "an empty value");
    flush_size(trial, stand, sample_of_value(trial, 6, MIB), "a value of 1 MiB");
    flush_size(trial, stand, sample_of_value(trial, 7, 8 * MIB), "a value of 8 MiB");
    stand_urgent(stand, 1);
    stand_end(stand);
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
    {0},
};
