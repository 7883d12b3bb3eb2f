#include "model/story.h"

#include <stdlib.h>
#include <string.h>
#include "base/buf.h"
#include "base/mem.h"
#include "base/util.h"
#include "config/pipeline_config.h"

#define LINE_BYTES_MIN 9u /* a number of seven digits, something, a newline */

/* -- words -- */

static const struct {
    const char *word;
    bool has_lane, has_n;
} op_words[OP_N_KINDS] = {
    [OP_WRITE] = {"write", false, true},
    [OP_ROTATE] = {"rotate", false, false},
    [OP_SINK] = {"sink", true, true},
    [OP_REST] = {"rest", false, true},
    [OP_SYNC] = {"sync", false, false},
    [OP_RELOAD] = {"reload", false, false},
    [OP_CRASH] = {"crash", false, false},
    [OP_CRASH_IN_FLUSH] = {"crash_in_flush", true, false},
    [OP_STOP] = {"stop", false, true},
};

static const char *const spool_words[] = {"off", "overflow", "durable"};
static const char *const durability_words[] = {"process", "interval", "always"};

/* -- chance -- */

uint64_t story_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

uint32_t story_below(uint64_t *state, uint32_t n)
{
    return (uint32_t)(story_random(state) >> 20) % n;
}

static bool one_in(uint64_t *random, uint32_t n)
{
    return story_below(random, n) == 0;
}

static struct story_lane make_lane(uint64_t *random)
{
    struct story_lane lane = {
        .concurrent = one_in(random, 3),
        .marks = one_in(random, 4),
        .spool = story_below(random, 5) / 2, /* off and overflow are twice as frequent */
        .durability = story_below(random, 3),
        .spool_kib = 64 + story_below(random, 400),
        .queue_groups = 1 + story_below(random, 6),
        .circuit = story_below(random, 4),
        .attempts = one_in(random, 3) ? 2 + story_below(random, 3) : 0,
    };

    lane.pends = lane.concurrent && one_in(random, 2);
    return lane;
}

static struct op make_op(uint64_t *random, uint32_t n_lanes)
{
    static const enum op_kind often[] = {OP_WRITE, OP_WRITE, OP_SINK, OP_REST};
    struct op op = {.kind = one_in(random, 3) ? story_below(random, OP_N_KINDS)
                                              : often[story_below(random, ARRAY_SIZE(often))]};

    op.lane = op_words[op.kind].has_lane ? story_below(random, n_lanes) : 0;
    if (op.kind == OP_WRITE)
        op.n = 1 + story_below(random, STORY_WRITE_MAX);
    else if (op.kind == OP_SINK)
        op.n = 33 * story_below(random, 4);
    else if (op_words[op.kind].has_n)
        op.n = story_below(random, 60);
    return op;
}

void story_make(struct story *story, uint64_t seed, uint32_t n_ops)
{
    uint64_t random = seed * UINT64_C(0x9E3779B97F4A7C15) + 1;

    for (int i = 0; i < 20; i++)
        story_random(&random);
    *story = (struct story){.seed = seed,
        .line_bytes = LINE_BYTES_MIN + story_below(&random, one_in(&random, 2) ? 60 : 9000),
        .n_lanes = 1 + story_below(&random, STORY_LANES_MAX),
        .n_ops = MIN(n_ops, STORY_OPS_MAX)};
    for (uint32_t i = 0; i < story->n_lanes; i++)
        story->lanes[i] = make_lane(&random);
    for (uint32_t i = 0; i < story->n_ops; i++)
        story->ops[i] = make_op(&random, story->n_lanes);
}

/* -- the script -- */

static void write_lane(struct buf *text, const struct story_lane *lane)
{
    buf_printf(text, "lane spool %s %s %u queue %u circuit %u attempts %u%s%s%s\n",
        spool_words[lane->spool], durability_words[lane->durability], lane->spool_kib,
        lane->queue_groups, lane->circuit, lane->attempts, lane->concurrent ? " concurrent" : "",
        lane->pends ? " pends" : "", lane->marks ? " marks" : "");
}

static void write_op(struct buf *text, const struct op *op)
{
    buf_puts(text, op_words[op->kind].word);
    if (op_words[op->kind].has_lane)
        buf_printf(text, " %u", op->lane);
    if (op_words[op->kind].has_n)
        buf_printf(text, " %u", op->n);
    buf_puts(text, "\n");
}

char *story_write(const struct story *story)
{
    struct buf text = {0};

    buf_printf(&text, "seed %llu\nline %u\n", (unsigned long long)story->seed, story->line_bytes);
    for (uint32_t i = 0; i < story->n_lanes; i++)
        write_lane(&text, &story->lanes[i]);
    for (uint32_t i = 0; i < story->n_ops; i++)
        write_op(&text, &story->ops[i]);
    return buf_take(&text);
}

static bool word_of(const char *const *words, uint32_t n_words, const char *word, uint32_t *ret)
{
    for (uint32_t i = 0; i < n_words; i++)
        if (!strcmp(words[i], word)) {
            *ret = i;
            return true;
        }
    return false;
}

static bool read_lane(struct story *story, const char *line)
{
    struct story_lane *lane = &story->lanes[story->n_lanes];
    char spool[16], durability[16];

    if (story->n_lanes == STORY_LANES_MAX ||
        sscanf(line, "lane spool %15s %15s %u queue %u circuit %u attempts %u", spool, durability,
            &lane->spool_kib, &lane->queue_groups, &lane->circuit, &lane->attempts) != 6)
        return false;
    lane->concurrent = strstr(line, " concurrent");
    lane->pends = strstr(line, " pends");
    lane->marks = strstr(line, " marks");
    story->n_lanes++;
    return word_of(spool_words, ARRAY_SIZE(spool_words), spool, &lane->spool) &&
           word_of(durability_words, ARRAY_SIZE(durability_words), durability, &lane->durability);
}

static bool read_op(struct story *story, const char *line)
{
    struct op *op = &story->ops[story->n_ops];
    uint32_t numbers[2] = {0}, kind = 0, wanted;
    char word[32];
    int n_read = sscanf(line, "%31s %u %u", word, &numbers[0], &numbers[1]);

    while (n_read > 0 && kind < OP_N_KINDS && strcmp(op_words[kind].word, word) != 0)
        kind++;
    if (n_read < 1 || kind == OP_N_KINDS || story->n_ops == STORY_OPS_MAX)
        return false;
    wanted = (uint32_t)op_words[kind].has_lane + op_words[kind].has_n;
    *op = (struct op){.kind = kind,
        .lane = op_words[kind].has_lane ? numbers[0] : 0,
        .n = op_words[kind].has_n ? numbers[wanted - 1] : 0};
    story->n_ops++;
    return (uint32_t)n_read == 1 + wanted && op->lane < MAX(story->n_lanes, 1U) &&
           (op->kind != OP_WRITE || op->n <= STORY_WRITE_MAX);
}

static bool read_line(struct story *story, const char *line)
{
    unsigned long long seed;

    if (!*line || *line == '#')
        return true;
    if (sscanf(line, "seed %llu", &seed) == 1) {
        story->seed = seed;
        return true;
    }
    if (sscanf(line, "line %u", &story->line_bytes) == 1)
        return story->line_bytes >= LINE_BYTES_MIN;
    return !strncmp(line, "lane ", 5) ? read_lane(story, line) : read_op(story, line);
}

bool story_read(struct story *story, const char *script, uint32_t *ret_line)
{
    SCOPED_FREE char *text = mem_strdup(script);
    char *at = text, *line;

    *story = (struct story){.line_bytes = LINE_BYTES_MIN};
    for (*ret_line = 1; (line = strsep(&at, "\n")); ++*ret_line)
        if (!read_line(story, line))
            return false;
    return story->n_lanes > 0;
}

/* -- shrinking -- */

struct shrinking {
    struct story *story; /* the smallest that fails, so far */
    uint32_t tries, asked;
    bool (*fails)(void *context, const struct story *story);
    void *context;
};

static bool same(const struct story *a, const struct story *b)
{
    SCOPED_FREE char *text_a = story_write(a);
    SCOPED_FREE char *text_b = story_write(b);

    return !strcmp(text_a, text_b);
}

/* Whether it failed, and so is what goes on being shrunk. */
static bool keep_if_fails(struct shrinking *self, const struct story *candidate)
{
    if (self->asked == self->tries || same(candidate, self->story))
        return false;
    self->asked++;
    if (!self->fails(self->context, candidate))
        return false;
    *self->story = *candidate;
    return true;
}

static bool delete_ops(struct shrinking *self, uint32_t at, uint32_t n)
{
    struct story candidate = *self->story;

    candidate.n_ops -= n;
    memmove(candidate.ops + at, candidate.ops + at + n, (candidate.n_ops - at) * sizeof(struct op));
    memset(candidate.ops + candidate.n_ops, 0, n * sizeof(struct op));
    return keep_if_fails(self, &candidate);
}

/* Halves first, then smaller stretches, from the end; until no single one can go. */
static void shrink_ops(struct shrinking *self)
{
    bool any = false;

    for (uint32_t n = MAX(self->story->n_ops / 2, 1U); n && self->story->n_ops;
         n = n > 1 || any ? MAX(n / 2, 1U) : 0) {
        any = false;
        for (uint32_t end = self->story->n_ops; end >= n; end = MIN(end - n, self->story->n_ops))
            any |= delete_ops(self, end - n, n);
    }
}

static bool delete_lane(struct shrinking *self, uint32_t lane)
{
    struct story candidate = *self->story;
    uint32_t n = 0;

    candidate.n_lanes--;
    candidate.lanes[lane] = candidate.lanes[candidate.n_lanes];
    memset(&candidate.lanes[candidate.n_lanes], 0, sizeof candidate.lanes[0]);
    for (uint32_t i = 0; i < self->story->n_ops; i++) {
        struct op op = self->story->ops[i];

        if (op_words[op.kind].has_lane && op.lane == lane)
            continue;
        op.lane = op.lane == candidate.n_lanes ? lane : op.lane;
        candidate.ops[n++] = op;
    }
    memset(candidate.ops + n, 0, (candidate.n_ops - n) * sizeof(struct op));
    candidate.n_ops = n;
    return keep_if_fails(self, &candidate);
}

static void shrink_numbers(struct shrinking *self)
{
    for (uint32_t i = 0; i < self->story->n_ops; i++)
        for (bool again = true; again && self->story->ops[i].n > 1;) {
            struct story candidate = *self->story;

            candidate.ops[i].n /= 2;
            again = keep_if_fails(self, &candidate);
        }
}

/* Each setting that is not plain is tried as such, alone. */
static void shrink_settings(struct shrinking *self, uint32_t lane)
{
    for (uint32_t i = 0; i < 7; i++) {
        struct story candidate = *self->story;
        struct story_lane *to = &candidate.lanes[lane];

        to->pends = to->pends && i != 0;
        to->concurrent = to->concurrent && (i != 1 || to->pends);
        to->marks = to->marks && i != 2;
        to->circuit = i == 3 ? 0 : to->circuit;
        to->attempts = i == 4 ? 0 : to->attempts;
        to->durability = i == 5 ? SPOOL_PROCESS : to->durability;
        candidate.line_bytes = i == 6 ? 40 : candidate.line_bytes;
        keep_if_fails(self, &candidate);
    }
}

uint32_t story_shrink(struct story *story, uint32_t tries,
    bool (*fails)(void *context, const struct story *story), void *context)
{
    struct shrinking self = {story, tries, 0, fails, context};

    shrink_ops(&self);
    for (uint32_t lane = story->n_lanes; story->n_lanes > 1 && lane-- > 0;)
        delete_lane(&self, lane);
    shrink_numbers(&self);
    for (uint32_t lane = 0; lane < story->n_lanes; lane++)
        shrink_settings(&self, lane);
    shrink_ops(&self);
    return self.asked;
}
