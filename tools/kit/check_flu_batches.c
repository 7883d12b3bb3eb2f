/* FLU: batches of any size, form and time. */
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

static struct sample *sample_of_value(const struct trial *trial, uint64_t id, size_t size)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + size);
    char *value = mem_zalloc(size + 1);
    const struct weir_kv content = {life_str("content"), {value, size}};

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
    sample_tag(sample, life_str("host"), life_str("verify"));
    sample_group(sample, 0, 0);
    return sample;
}

/* Whether it is DELIVERED, all of it. */
static bool flush_size(
    struct trial *trial, struct stand *stand, struct sample *sample, const char *what)
{
    uint32_t verdict;

    trial_doing(trial, "flush of %s", what);
    verdict = stand_flush(stand, sample, NULL);
    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "%s: flush returns %u, which is no verdict", what, verdict);
    if (verdict == WEIR_PENDING)
        verdict = stand_wait(stand, sample, SETTLE_NS);
    return verdict == WEIR_DELIVERED && !stand->n_marks;
}

void flu_sizes(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    bool all = true;

    flush_size(trial, stand, sample_of_empty_groups(1), "groups without logs");
    all &= flush_size(trial, stand, marks_sample(trial, 2, 0, 1), "one log");
    all &= flush_size(trial, stand, marks_sample(trial, 3, 1, 1000), "1,000 logs");
    all &= flush_size(trial, stand, marks_sample(trial, 4, 1001, 100000), "100,000 logs");
    if (all)
        life_expect(trial, 101001, false, false);
    flush_size(trial, stand, sample_of_value(trial, 5, 0), "an empty value");
    flush_size(trial, stand, sample_of_value(trial, 6, MIB), "a value of 1 MiB");
    flush_size(trial, stand, sample_of_value(trial, 7, 8 * MIB), "a value of 8 MiB");
    life_end(stand);
}

void flu_destinations(struct trial *trial)
{
    static const char *const names[] = {"", "a", "A", "projekt-\xc3\xa4", "../x", "a b\n", "%s"};
    struct stand *stand = stand_start(trial, NULL);

    for (uint32_t i = 0; i < 3 * ARRAY_SIZE(names); i++) {
        struct sample *sample = marks_sample(trial, i + 1, i * 2, 2);

        sample->batch.project = life_str(names[i % ARRAY_SIZE(names)]);
        sample->batch.logstore = life_str(names[(i + 2) % ARRAY_SIZE(names)]);
        sample->batch.config = life_str(names[(i + 3) % ARRAY_SIZE(names)]);
        sample->batch.logstore_key = (int64_t)i * -1234567;
        flush_size(trial, stand, sample, "another project and logstore");
    }
    life_end(stand);
}

void flu_stride(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 2, SAMPLE_BYTES);
    uint32_t verdict;

    sample_stride(sample, sizeof(struct weir_log) + 40);
    for (uint32_t group = 0; group < 2; group++) {
        sample_group(sample, 50, 0);
        for (uint32_t i = 0; i < 50; i++)
            marks_log(trial, sample, group * 50 + i);
    }
    trial->blame = NULL;
    trial_doing(trial, "flush of logs that lie further apart than sizeof(struct weir_log)");
    verdict = sink_kind(trial) == SINK_NONE ? stand_flush(stand, sample, NULL)
                                            : stand_deliver(stand, sample, LIFE_DELIVER_NS);
    if (sink_kind(trial) != SINK_NONE && verdict != WEIR_DELIVERED)
        trial_fail(trial, "logs that lie further apart get %s: %s", stand_verdict_name(verdict),
            stand->text);
    life_end(stand);
    life_expect(trial, 100, true, false);
}

void flu_times(struct trial *trial)
{
    static const uint32_t seconds[] = {0, 1, 1700000000, UINT32_MAX, 5, 1699999999};
    static const uint32_t nanoseconds[] = {0, 999999999, 1};
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 1, SAMPLE_BYTES);
    const uint32_t n = ARRAY_SIZE(seconds) * ARRAY_SIZE(nanoseconds);

    sample_group(sample, n, 0);
    for (uint32_t i = 0; i < n; i++) {
        struct weir_log *log;

        marks_log(trial, sample, i);
        log = (struct weir_log *)(uintptr_t)weir_log_at(sample->group, i);
        log->time_s = seconds[i % ARRAY_SIZE(seconds)];
        log->time_ns = nanoseconds[i / ARRAY_SIZE(seconds)];
    }
    if (flush_size(trial, stand, sample, "logs of any time"))
        life_expect(trial, n, false, false);
    life_end(stand);
}
