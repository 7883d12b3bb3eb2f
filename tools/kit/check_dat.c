/* DAT: logs that nobody would think of. */
#include "kit/check_dat.h"

#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "kit/check.h"
#include "kit/fuzz_round.h"
#include "kit/life.h"
#include "kit/usage.h"

#define SETTLE_NS (5 * NS_PER_S)
#define COST_BYTES MIB
#define COST_SLACK_NS (20 * NS_PER_MS)

/* One flush whose verdict must be a known one. */
uint32_t dat_flush(struct trial *trial, struct stand *stand, struct sample *sample)
{
    uint32_t verdict = stand_try(stand, sample, SETTLE_NS);

    if (verdict > WEIR_BROKEN)
        trial_fail(trial, "the verdict is %u, which is none", verdict);
    return verdict;
}

static void dat_empty(struct trial *trial)
{
    static const struct weir_kv contents[] = {{{0}, {0}}, {{"k", 1}, {0}}, {{0}, {"v", 1}}};
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 2, SAMPLE_BYTES);
    struct weir_group *group;

    sample->batch.project = sample->batch.logstore = (struct weir_str){0};
    sample_group(sample, 3, 1);
    group = sample->group;
    group->category = group->source = (struct weir_str){0};
    sample_tag(sample, (struct weir_str){0}, (struct weir_str){0});
    sample_log(sample, 0, NULL, 0);
    sample_log(sample, 0, contents, 1);
    sample_log(sample, 0, contents, ARRAY_SIZE(contents));
    sample_group(sample, 0, 0);
    dat_flush(trial, stand, sample);
    life_end(stand);
}

static const char *blame_reader(const struct trial *trial, const void *address)
{
    return stand_holds(trial->blame_context, address)
               ? "the plugin reads behind the end of a string, which no NUL follows, or of a "
                 "list"
               : NULL;
}

static void dat_ends(struct trial *trial)
{
    static const char *const values[] = {"", "a", "ab", "1234567", "12345678", "123456789abcdef",
        "text that is longer than the registers that a loop may use at a time"};
    struct stand *stand = stand_start(trial, NULL);

    trial->blame = blame_reader;
    trial->blame_context = stand;
    for (uint64_t id = 1; id <= 3; id++) {
        struct sample *sample = sample_create(id, 1, SAMPLE_BYTES);

        sample_guard(sample);
        sample_group(sample, ARRAY_SIZE(values), 1);
        sample->group->topic = sample_str(sample, life_str("topic"));
        sample->group->machine_uuid = sample_str(sample, life_str("uuid"));
        sample->batch.project = sample_str(sample, life_str("project"));
        sample->batch.logstore = sample_str(sample, life_str("logstore"));
        sample->batch.config = sample_str(sample, life_str("config"));
        sample_tag(sample, life_str("tag"), life_str("tagged"));
        for (size_t i = 0; i < ARRAY_SIZE(values); i++) {
            const struct weir_kv contents[] = {
                {life_str("content"), life_str(values[i])}, {life_str(values[i]), life_str("v")}};

            sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
        }
        dat_flush(trial, stand, sample);
    }
    stand_urgent(stand, 1);
    stand_stop(stand, LIFE_STOP_NS);
    trial->blame = NULL;
}

static void dat_same_keys(struct trial *trial)
{
    const struct weir_kv contents[] = {{life_str("content"), life_str("first")},
        {life_str("content"), life_str("second")}, {life_str("Content"), life_str("third")},
        {life_str("CONTENT"), {0}}, {life_str("__time__"), life_str("not a time")},
        {life_str("content"), life_str("last")}};
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 1, SAMPLE_BYTES);

    sample_group(sample, 2, 2);
    sample_tag(sample, life_str("content"), life_str("tag"));
    sample_tag(sample, life_str("content"), life_str("tag"));
    sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    sample_log(sample, 1700000000, contents, 2);
    dat_flush(trial, stand, sample);
    life_end(stand);
}

static uint64_t cost_ns(struct trial *trial, struct stand *stand, const char *unit)
{
    struct sample *sample = sample_create(stand->n_batches + 1, 1, SAMPLE_BYTES);
    char *value = mem_zalloc(COST_BYTES + 1);
    const struct weir_kv content = {life_str("content"), {value, COST_BYTES}};
    uint64_t before_ns;

    for (size_t i = 0; i < COST_BYTES; i++)
        value[i] = unit[i % strlen(unit)];
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, &content, 1);
    free(value);
    before_ns = usage_cpu_ns(CLOCK_PROCESS_CPUTIME_ID);
    if (life_ready(stand))
        dat_flush(trial, stand, sample);
    return usage_cpu_ns(CLOCK_PROCESS_CPUTIME_ID) - before_ns;
}

static void dat_cost(struct trial *trial)
{
    static const char *const units[] = {
        "\"", "\\", "\x01", "\xff", "\xe2\x82\xac", "{\"a\":[", "\n"};
    struct stand *stand = stand_start(trial, NULL);
    uint64_t plain_ns = UINT64_MAX;

    for (unsigned i = 0; i < 3; i++)
        plain_ns = MIN(plain_ns, cost_ns(trial, stand, "plain text "));
    for (size_t i = 0; i < ARRAY_SIZE(units); i++) {
        uint64_t worst_ns = UINT64_MAX;

        for (unsigned j = 0; j < 3; j++)
            worst_ns = MIN(worst_ns, cost_ns(trial, stand, units[i]));
        if (worst_ns > 20 * plain_ns + COST_SLACK_NS)
            trial_fail(trial, "a value of 1 MiB of %s takes %llu us, plain text %llu us", units[i],
                (unsigned long long)worst_ns / 1000, (unsigned long long)plain_ns / 1000);
    }
    life_end(stand);
}

const struct check checks_dat[] = {
    {.id = "DAT-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .run = dat_empty,
        .asserts = "Empty names, keys, values, logs and groups are coped with."},
    {.id = "DAT-02",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 120,
        .run = dat_much,
        .asserts = "100,000 keys, a million logs, 1,000 tags and names of 64 KiB are coped with."},
    {.id = "DAT-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Verdicts",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_too_large,
        .asserts = "What is too large for the destination is split or REJECTED, never cut."},
    {.id = "DAT-04",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_bytes,
        .asserts = "Any byte may occur in a value, and what follows it arrives, too."},
    {.id = "DAT-05",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = dat_ends,
        .asserts = "Nothing is read behind the end of a string or a list."},
    {.id = "DAT-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_injection,
        .asserts = "Text that means something to formats and shells arrives as it is."},
    {.id = "DAT-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_numbers,
        .asserts = "Values that look like numbers stay the text they are."},
    {.id = "DAT-08",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .run = dat_same_keys,
        .asserts = "Keys that repeat, or differ in case only, are coped with."},
    {.id = "DAT-09",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_cost,
        .asserts = "No value costs more than 20 times what plain text of its size costs."},
    {.id = "DAT-10",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = fuzz_round,
        .asserts = "Random batches and options do no harm."},
    {0},
};
