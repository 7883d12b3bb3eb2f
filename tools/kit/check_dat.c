/* DAT: logs that nobody would think of. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/util.h"
#include "kit/life.h"
#include "kit/marks.h"
#include "kit/settings.h"
#include "kit/sink.h"

#define SETTLE_NS (5 * NS_PER_S)
#define ARRIVE_NS (3 * NS_PER_S)

/* One flush whose verdict must be a known one. */
static uint32_t flush_known(struct trial *trial, struct stand *stand, struct sample *sample)
{
    uint32_t verdict = stand_flush(stand, sample, NULL);

    if (verdict == WEIR_PENDING)
        verdict = stand_wait(stand, sample, SETTLE_NS);
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
    flush_known(trial, stand, sample);
    life_end(stand);
}

/* -- bytes -- */

static const struct {
    const char *what, *bytes;
    size_t size;
} oddities[] = {
#define ODD(WHAT, BYTES) \
    { \
        WHAT, BYTES, sizeof(BYTES) - 1 \
    }
    ODD("a NUL", "a\0b"),
    ODD("NULs", "\0\0\0"),
    ODD("bytes that are not UTF-8", "\xff\xfe\x80\xbf"),
    ODD("overlong UTF-8", "\xc0\xaf\xe0\x80\xaf"),
    ODD("half a surrogate pair", "\xed\xa0\x80"),
    ODD("the start of a character", "\xe2\x82"),
    ODD("a byte order mark", "\xef\xbb\xbf"),
    ODD("U+2028", "\xe2\x80\xa8"),
    ODD("CR LF", "\r\n"),
    ODD("terminal escapes", "\033[2J\033]0;x\007"),
    ODD("a delete", "\x7f"),
#undef ODD
};

/* A log whose value has a mark before and behind the bytes. */
static void odd_log(const struct trial *trial, struct sample *sample, uint32_t number,
    const char *bytes, size_t size)
{
    SCOPED_BUF struct buf value = {0};
    char mark[MARK_SIZE];
    struct weir_kv content = {life_str("content"), {0}};

    marks_text(trial, 2 * number, mark);
    buf_printf(&value, "%s ", mark);
    buf_append(&value, bytes, size);
    marks_text(trial, 2 * number + 1, mark);
    buf_printf(&value, " %s", mark);
    content.value = (struct weir_str){value.data, value.size};
    sample_log(sample, 1700000000, &content, 1);
}

static void expect_whole(struct trial *trial, uint32_t number, const char *what)
{
    struct marks_found found;

    marks_find(trial, 2 * number + 2, ARRIVE_NS, &found);
    if (found.counts[2 * number] && !found.counts[2 * number + 1])
        trial_fail(trial, "what follows %s in a value is lost", what);
    if (!found.counts[2 * number])
        trial_fail(trial, "a log with %s was DELIVERED, but did not arrive", what);
    marks_finish(&found);
}

static void one_odd(struct trial *trial, struct stand *stand, uint32_t number, const char *what,
    const char *bytes, size_t size)
{
    struct sample *sample = sample_create(number + 1, 1, SAMPLE_BYTES);
    uint32_t verdict;

    sample_group(sample, 1, 0);
    odd_log(trial, sample, number, bytes, size);
    trial_doing(trial, "flush of a log with %s", what);
    verdict = flush_known(trial, stand, sample);
    if (verdict == WEIR_DELIVERED && sink_kind(trial) != SINK_NONE && !stand->n_marks)
        expect_whole(trial, number, what);
}

static void dat_bytes(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    char all[256];
    uint32_t number = 0;

    for (size_t i = 0; i < sizeof all; i++)
        all[i] = (char)i;
    for (size_t i = 0; i < ARRAY_SIZE(oddities); i++)
        one_odd(trial, stand, number++, oddities[i].what, oddities[i].bytes, oddities[i].size);
    one_odd(trial, stand, number, "each of the 256 bytes", all, sizeof all);
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
    {.id = "DAT-04",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = dat_bytes,
        .asserts = "Any byte may occur in a value, and what follows it arrives, too."},
    {0},
};
