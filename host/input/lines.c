#include "input/lines.h"

#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "input/records.h"

/* A held line in a block that is larger than this many times its size moves out. */
#define PAUSE_SLACK 4
/* Below this a block is not worth changing; bytes. */
#define SMALL_BLOCK_BYTES (4 * KIB)

/* Logs that a read should give at most: what describes more (short ones) is larger than
 * the blocks that are recycled. Less than that is not read at once; bytes. */
#define READ_LOGS_MAX ((size_t)16 * 1024)
#define READ_BYTES_MIN (4 * KIB)

static const struct weir_str content_key = {"content", 7};

const struct lines_rules lines_plain = {.max_bytes = LINES_LOG_MAX_BYTES, .excess = LINES_SPLIT};

void lines_scratch_finish(struct lines_scratch *scratch)
{
    free(scratch->ends);
    free(scratch->spans);
    buf_finish(&scratch->text);
    *scratch = (struct lines_scratch){0};
}

static void let_go(struct lines *lines)
{
    block_unref(lines->block);
    lines->block = NULL;
    lines->start = lines->end = 0;
}

void lines_let_go(struct lines *lines)
{
    let_go(lines);
    lines->judged = 0;
    lines->state = lines->rest ? lines->resumed : (struct multiline_state){0};
    lines->rest_of_line = lines->rest && lines->resumed_in_line;
}

void lines_finish(struct lines *lines)
{
    let_go(lines);
    lines->judged = 0;
    lines->state = (struct multiline_state){0};
    lines->rest = lines->rest_of_line = lines->leaving_out = false;
}

static void move_to_block(struct lines *lines, size_t size)
{
    struct block *block = block_get(lines->memory, size);
    size_t held = lines_held(lines);

    if (held && lines->block)
        memcpy(block->data, lines->block->data + lines->start, held);
    block_unref(lines->block);
    lines->block = block;
    lines->start = 0;
    lines->end = held;
}

/* Bytes of the block that a read of `expected` bytes behind `held` goes to. A line
 * that outgrows its block gets twice the room, so it is copied seldom. */
static size_t block_size_for(size_t held, size_t expected)
{
    size_t target = held < LINES_BLOCK_BYTES / 2 ? LINES_BLOCK_BYTES : 2 * held;

    return MIN(held + MAX(expected, (size_t)1), target);
}

char *lines_room(struct lines *lines, size_t expected, size_t *ret_size)
{
    size_t room = lines->block ? lines->block->size - lines->end : 0;
    size_t held = lines_held(lines);
    size_t most = MAX(lines->rules->max_bytes, LINES_BLOCK_BYTES) + 1 - held;

    if (lines->read_max) {
        expected = MIN(expected, lines->read_max);
        most = MIN(most, lines->read_max);
    }
    if (!room || room < MIN(expected, LINES_BLOCK_BYTES / 4)) {
        move_to_block(lines, block_size_for(held, expected));
        room = lines->block->size - lines->end;
    }
    *ret_size = MIN(room, most);
    return lines->block->data + lines->end;
}

/* Finds the newlines from `at` on; their offsets in the block go to the scratch. */
static void find_ends(struct lines *lines, size_t at)
{
    struct lines_scratch *scratch = lines->scratch;
    const char *data = lines->block->data;
    const char *end = data + lines->end;
    const char *newline = data + at;
    size_t n = 0;

    while (newline < end && (newline = memchr(newline, '\n', (size_t)(end - newline)))) {
        MEM_GROW(scratch->ends, n, scratch->cap_ends);
        scratch->ends[n++] = (uint32_t)(newline - data);
        newline++;
    }
    scratch->n_ends = n;
}

/* A batch of `n` lines, the first from lines->start, each up to its end in `ends`. */
static struct batch *make_batch(struct lines *lines, const uint32_t *ends, size_t n)
{
    struct batch *batch = batch_create(lines->memory, (uint32_t)n);
    struct weir_kv *contents = batch_alloc(batch, n * sizeof *contents);
    struct weir_log *log = batch->logs;
    uint64_t wall_ns = clock_wall_ns();
    const uint32_t time_s = (uint32_t)(wall_ns / NS_PER_S);
    const uint32_t time_ns = lines->nanoseconds ? (uint32_t)(wall_ns % NS_PER_S) : 0;
    const char *data = lines->block->data;
    size_t start = lines->start;

    for (size_t i = 0; i < n; i++, log++, contents++) {
        contents->key = content_key;
        contents->value = (struct weir_str){data + start, ends[i] - start};
        *log = (struct weir_log){time_s, time_ns, 1, 1, contents};
        start = (size_t)ends[i] + 1;
    }
    batch->n_logs = (uint32_t)n;
    batch_add_block(batch, lines->block);
    return batch;
}

/* Whether a whole line is a log as it is. */
static bool is_plain(const struct lines *lines)
{
    const struct lines_rules *rules = lines->rules;

    return !rules->multiline && !rules->gbk && !rules->spans &&
           rules->max_bytes >= LINES_BLOCK_BYTES && !lines->rest;
}

static struct batch *take_plain(struct lines *lines)
{
    const struct lines_scratch *scratch = lines->scratch;
    struct batch *batch;

    if (!scratch->n_ends)
        return NULL;
    batch = make_batch(lines, scratch->ends, scratch->n_ends);
    lines->start = (size_t)scratch->ends[scratch->n_ends - 1] + 1;
    return batch;
}

/* The next read is as large as would have given so many logs; larger again with the time. */
static void bound_read(struct lines *lines, size_t size)
{
    size_t n = lines->scratch->n_ends;

    if (n > READ_LOGS_MAX)
        lines->read_max = MAX(size * READ_LOGS_MAX / n, READ_BYTES_MIN);
    else if (n < READ_LOGS_MAX / 2)
        lines->read_max = lines->read_max < LINES_BLOCK_BYTES / 2 ? 2 * lines->read_max : 0;
}

struct batch *lines_take(struct lines *lines, size_t size)
{
    size_t at = lines->end;
    struct batch *batch;

    lines->end += size;
    find_ends(lines, at);
    bound_read(lines, size);
    if (is_plain(lines) && (lines->scratch->n_ends || lines_held(lines) <= lines->rules->max_bytes))
        batch = take_plain(lines);
    else
        batch = records_take(lines);
    if (!lines_held(lines))
        let_go(lines);
    return batch;
}

struct batch *lines_rest(struct lines *lines)
{
    uint32_t end = (uint32_t)lines->end;
    struct batch *batch = NULL;

    if (lines_held(lines))
        batch = is_plain(lines) ? make_batch(lines, &end, 1) : records_rest(lines);
    lines_finish(lines);
    return batch;
}

void lines_pause(struct lines *lines)
{
    size_t held = lines_held(lines);

    if (!held)
        let_go(lines);
    else if (lines->block->size > SMALL_BLOCK_BYTES && lines->block->size / PAUSE_SLACK > held)
        move_to_block(lines, held);
}
