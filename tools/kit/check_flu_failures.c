/* FLU: what is not DELIVERED at once. */
#include "kit/check_flu.h"

#include <stdlib.h>
#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"

#define SETTLE_NS (5 * NS_PER_S)
#define PARTIAL_LOGS 1000u
#define FAILURES 6u
#define LOGS 100u

static bool is_printable(const char *text)
{
    for (; *text; text++)
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return false;
    return true;
}

static void expect_words(struct trial *trial, const char *who, uint32_t verdict, const char *text)
{
    if (verdict != WEIR_RETRY && verdict != WEIR_REJECTED && verdict != WEIR_BROKEN)
        return;
    if (!*text)
        trial_fail(trial, "%s says %s without a word why", who, stand_verdict_name(verdict));
    if (!is_printable(text))
        trial_fail(trial, "the words of %s are no line of text", who);
}

void flu_reason(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = marks_sample(trial, 1, 0, 1);
    struct stand_answer answer;
    uint32_t verdict;

    if (!sink_break(trial))
        trial_foreign(trial, "without a sink it cannot be made to fail");
    verdict = stand_flush(stand, sample, &answer);
    expect_words(trial, "flush", verdict, answer.text);
    if (verdict == WEIR_PENDING)
        verdict = stand_wait(stand, sample, LIFE_DELIVER_NS);
    for (size_t i = 0; i < stand->n_settles; i++)
        expect_words(trial, "settle", stand->settles[i].verdict, stand->settles[i].text);
    if (verdict != WEIR_PENDING && life_log_verdict(stand, sample, 0, 0) == WEIR_DELIVERED)
        trial_fail(trial, "the destination fails, but the verdict is DELIVERED");
    life_end(stand);
}

/* Marked logs of some size, so that a batch takes several requests. */
static struct sample *large_sample(const struct trial *trial, uint64_t id, uint32_t n, size_t size)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + n * (size + 256));
    char *value = mem_zalloc(size + 1);
    char mark[MARK_SIZE];
    struct weir_kv contents[] = {{life_str("content"), {0}}, {life_str("fill"), {value, size}}};

    memset(value, 'f', size);
    sample_group(sample, n, 0);
    for (uint32_t i = 0; i < n; i++) {
        marks_text(trial, i, mark);
        contents[0].value = life_str(mark);
        sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    }
    free(value);
    return sample;
}

void flu_partial(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = large_sample(trial, 1, PARTIAL_LOGS, 4096);
    struct marks_found found;
    uint32_t lost = 0, twice = 0;

    if (sink_kind(trial) != SINK_HTTP)
        trial_foreign(trial, "only an HTTP server can refuse a part");
    atomic_store(&trial->sink->times, 1);
    sink_answer(trial, 503, 0);
    stand_try(stand, sample, LIFE_DELIVER_NS);
    marks_find(trial, PARTIAL_LOGS, 0, &found);
    for (uint32_t i = 0; i < PARTIAL_LOGS; i++) {
        const bool delivered = life_log_verdict(stand, sample, 0, i) == WEIR_DELIVERED;

        lost += delivered && !found.counts[i];
        twice += !delivered && found.counts[i];
    }
    marks_finish(&found);
    if (lost)
        trial_fail(trial, "%u logs are said to be DELIVERED that the destination refused", lost);
    if (twice)
        trial_warn(trial, "%u logs that did arrive will be sent again", twice);
    life_end(stand);
}

/* How often a batch was tried is the host's to judge: what fails in passing is RETRY. */
static void expect_patience(struct trial *trial)
{
    struct stand *stand = life_start_apart(trial, 1);
    struct sample *sample = marks_sample(trial, 1, LOGS, 1);

    if (life_break_apart(trial, 1)) {
        for (unsigned i = 0; i < FAILURES && life_ready(stand); i++) {
            stand_try(stand, sample, SETTLE_NS);
            if (life_log_verdict(stand, sample, 0, 0) == WEIR_REJECTED)
                trial_fail(trial,
                    "what fails in passing is REJECTED at attempt %u, and the log is lost",
                    sample->batch.attempt);
        }
        if (trial->sink)
            sink_behave(trial, SERVER_TAKES);
    }
    life_end(stand);
}

void flu_replay(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = marks_sample(trial, 1, 0, LOGS);
    uint32_t verdict;

    if (trial->sink) {
        atomic_store(&trial->sink->times, 1);
        sink_answer(trial, 503, 0);
    }
    for (unsigned i = 0; i < 3; i++) {
        if (sink_kind(trial) == SINK_NONE)
            verdict = stand_flush(stand, sample, NULL);
        else
            verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
        if (sink_kind(trial) != SINK_NONE && verdict != WEIR_DELIVERED)
            trial_fail(trial, "a batch that comes again, with the REPLAY flag, gets %s: %s",
                stand_verdict_name(verdict), stand->text);
        if (verdict == WEIR_PENDING)
            stand_wait(stand, sample, LIFE_FLUSH_NS);
    }
    life_end(stand);
    life_expect(trial, LOGS, false, false);
    expect_patience(trial);
}
