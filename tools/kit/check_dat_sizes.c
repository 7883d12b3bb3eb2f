/* DAT: logs, keys and values that are many or large. */
#include "kit/check_dat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "base/mem.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/sink.h"

#define ARRIVE_NS (3 * NS_PER_S)
#define KEYS 100000u
#define TAGS 1000u
#define NAME_BYTES ((size_t)64 * 1024)
#define KEY_MARK 1000u
#define KEY_BYTES_MAX 70000u
#define LARGE_LOGS 400u
#define FILL_BYTES ((size_t)4096)
#define PEER_BODY_MAX (256u * 1024)

/* The contents whose value is a mark: the first two tell whether all are sent at all. */
static const uint32_t marked[] = {0, 1, 30, 69, 130, 257, 1025, 70000, KEYS - 1};

/* The number of the mark that a content has; -1: none. */
static int mark_of(uint32_t content)
{
    for (size_t i = 0; i < ARRAY_SIZE(marked); i++)
        if (marked[i] == content)
            return (int)i;
    return -1;
}

static struct sample *sample_of_keys(const struct trial *trial, uint64_t id, uint32_t n)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + (size_t)n * 128);
    struct weir_kv *contents = mem_calloc(n, sizeof *contents);
    char(*keys)[16] = mem_calloc(n, sizeof *keys);
    char marks[ARRAY_SIZE(marked)][MARK_SIZE];

    for (uint32_t i = 0; i < n; i++) {
        const int mark = mark_of(i);

        snprintf(keys[i], sizeof keys[i], "key%u", i);
        contents[i] = (struct weir_kv){life_str(keys[i]), life_str("v")};
        if (mark < 0)
            continue;
        marks_text(trial, (uint32_t)mark, marks[mark]);
        contents[i].value = life_str(marks[mark]);
    }
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, contents, n);
    free(contents);
    free(keys);
    return sample;
}

static struct sample *sample_of_logs(uint64_t id, uint32_t n)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES + (size_t)n * 160);
    const struct weir_kv content = {life_str("content"), life_str("x")};

    sample_group(sample, n, 0);
    for (uint32_t i = 0; i < n; i++)
        sample_log(sample, 1700000000, &content, 1);
    return sample;
}

/* One that sends the first two contents sends them all. */
static void expect_contents(struct trial *trial)
{
    struct marks_found found;

    marks_find(trial, 1, ARRIVE_NS, &found);
    marks_finish(&found);
    marks_find(trial, ARRAY_SIZE(marked), 0, &found);
    for (size_t i = 2; i < ARRAY_SIZE(marked) && found.counts[0] && found.counts[1]; i++) {
        struct marks_found late;

        if (found.counts[i])
            continue;
        marks_find(trial, ARRAY_SIZE(marked), ARRIVE_NS, &late);
        if (!late.counts[i])
            trial_fail(
                trial, "of a log with %u contents, number %u has not arrived", KEYS, marked[i]);
        marks_finish(&late);
    }
    marks_finish(&found);
}

/* Many tags, and names that no buffer was made for. */
static struct sample *sample_of_names(const struct trial *trial, uint64_t id)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES);
    char *text = mem_zalloc(NAME_BYTES + 1);
    struct weir_group *group;
    struct weir_str name;

    memset(text, 'n', NAME_BYTES);
    sample_group(sample, 1, TAGS);
    name = sample_str(sample, (struct weir_str){text, NAME_BYTES});
    group = sample->group;
    group->topic = group->source = group->category = group->machine_uuid = name;
    sample->batch.project = sample->batch.logstore = sample->batch.config = name;
    for (uint32_t i = 0; i < TAGS; i++) {
        snprintf(text, NAME_BYTES, "tag%u", i);
        sample_tag(sample, life_str(text), i ? life_str("v") : name);
    }
    marks_log(trial, sample, 0);
    free(text);
    return sample;
}

/* Deliveries that take long are given up when flush is over: sizes are the matter here. */
void dat_much(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);

    trial_doing(trial, "flush of a log with 100,000 keys");
    if (dat_flush(trial, stand, sample_of_keys(trial, 1, KEYS)) == WEIR_DELIVERED &&
        sink_kind(trial) != SINK_NONE && !stand->n_marks)
        expect_contents(trial);
    if (life_ready(stand))
        dat_flush(trial, stand, sample_of_names(trial, 2));
    if (life_ready(stand)) {
        trial_doing(trial, "flush of a million logs");
        dat_flush(trial, stand, sample_of_logs(3, 1000000));
    }
    life_end(stand);
}

/* A value whose end is what counts: the mark 0. */
static void expect_whole_value(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    struct sample *sample = sample_create(1, 1, SAMPLE_BYTES);
    char *value = mem_zalloc(MIB + MARK_SIZE);
    struct weir_kv content = {life_str("content"), {value, MIB + MARK_SIZE - 1}};
    struct marks_found found;
    uint32_t verdict;

    memset(value, 'f', MIB);
    marks_text(trial, 0, value + MIB);
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, &content, 1);
    free(value);
    verdict = stand_deliver(stand, sample, LIFE_DELIVER_NS);
    marks_find(trial, 1, verdict == WEIR_DELIVERED ? ARRIVE_NS : 0, &found);
    if (verdict == WEIR_DELIVERED && found.n_missing)
        trial_fail(trial, "a value of 1 MiB is DELIVERED, but its end has not arrived");
    marks_finish(&found);
    life_end(stand);
}

/* A log with a key of that size, which ends in a mark. */
static struct sample *sample_of_key(
    const struct trial *trial, uint64_t id, uint32_t number, size_t size)
{
    struct sample *sample = sample_create(id, 1, SAMPLE_BYTES);
    char *key = mem_zalloc(size + 1);
    char mark[MARK_SIZE];
    const struct weir_kv contents[] = {
        {life_str("content"), life_str("a key")}, {{key, size}, life_str("v")}};

    memset(key, 'k', size);
    marks_text(trial, number, mark);
    memcpy(key + size - strlen(mark), mark, strlen(mark));
    sample_group(sample, 1, 0);
    sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    free(key);
    return sample;
}

/* Whether the mark in a key arrives; true also when the log was not DELIVERED. */
static bool key_arrives(struct trial *trial, struct stand *stand, uint32_t number, size_t size)
{
    struct sample *sample = sample_of_key(trial, stand->n_batches + 1, number, size);
    uint64_t wait_ns = 0;
    struct marks_found found;
    bool arrived = stand_deliver(stand, sample, LIFE_DELIVER_NS) != WEIR_DELIVERED;

    for (; !arrived && wait_ns <= ARRIVE_NS; wait_ns += ARRIVE_NS / 30) {
        marks_find(trial, number + 1, 0, &found);
        arrived = found.counts[number] > 0;
        marks_finish(&found);
        if (!arrived)
            life_pause_ms((unsigned)(ARRIVE_NS / 30 / NS_PER_MS));
    }
    return arrived;
}

/* One that sends keys sends the whole of them. */
static void expect_whole_keys(struct trial *trial)
{
    static const size_t sizes[] = {40, 300, 5000, KEY_BYTES_MAX};
    struct stand *stand = stand_start(trial, NULL);

    if (key_arrives(trial, stand, KEY_MARK, MARK_SIZE))
        for (uint32_t i = 0; i < ARRAY_SIZE(sizes); i++)
            if (!key_arrives(trial, stand, KEY_MARK + 1 + i, sizes[i]))
                trial_fail(trial, "a key of %zu bytes is DELIVERED, but its end has not arrived",
                    sizes[i]);
    life_end(stand);
}

/* The peer takes requests up to a size. */
void dat_too_large(struct trial *trial)
{
    struct stand *stand;
    struct sample *sample;
    struct weir_kv contents[] = {{life_str("content"), {0}}, {life_str("fill"), {0}}};
    SCOPED_FREE char *fill = mem_zalloc(FILL_BYTES + 1);
    char mark[MARK_SIZE];
    struct marks_found found;
    uint32_t verdict = WEIR_RETRY, lost = 0;

    if (sink_kind(trial) == SINK_NONE)
        trial_foreign(trial, "there is no sink where it could be seen");
    expect_whole_value(trial);
    expect_whole_keys(trial);
    if (sink_kind(trial) != SINK_HTTP)
        return;
    stand = stand_start(trial, NULL);
    memset(fill, 'f', FILL_BYTES);
    contents[1].value = (struct weir_str){fill, FILL_BYTES};
    sample = sample_create(1, 1, SAMPLE_BYTES);
    sample_group(sample, LARGE_LOGS, 0);
    for (uint32_t i = 0; i < LARGE_LOGS; i++) {
        marks_text(trial, i + 1, mark);
        contents[0].value = life_str(mark);
        sample_log(sample, 1700000000, contents, ARRAY_SIZE(contents));
    }
    atomic_store(&trial->sink->body_max, PEER_BODY_MAX);
    for (unsigned i = 0; i < 3 && verdict == WEIR_RETRY; i++)
        if (life_ready(stand))
            verdict = dat_flush(trial, stand, sample);
    marks_find(trial, LARGE_LOGS + 1, verdict == WEIR_DELIVERED ? ARRIVE_NS : 0, &found);
    for (uint32_t i = 0; i < LARGE_LOGS; i++)
        lost += !found.counts[i + 1] && life_log_verdict(stand, sample, 0, i) == WEIR_DELIVERED;
    marks_finish(&found);
    if (lost)
        trial_fail(trial,
            "the peer refused requests of over %u bytes with 413; %u logs are "
            "DELIVERED all the same",
            PEER_BODY_MAX, lost);
    if (verdict == WEIR_RETRY)
        trial_fail(trial, "the peer refuses a request for its size (413), and it is tried again "
                          "for ever");
    life_end(stand);
}
