#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/mem.h"
#include "input/byte_order.h"
#include "input/tail.h"

#define NUMBER_TEXT_MAX 24 /* bytes of a 64-bit number and NUL */

static const struct input_context *context_of(const struct tail *tail)
{
    return tail->setup->input->context;
}

uint64_t lanes_at(const uint64_t *lane_starts, uint32_t n_lanes, uint64_t start)
{
    uint64_t lanes = 0;

    for (uint32_t i = 0; i < n_lanes; i++)
        if (!lane_starts || lane_starts[i] <= start)
            lanes |= 1ULL << i;
    return lanes;
}

uint64_t next_boundary(const uint64_t *lane_starts, uint32_t n_lanes, uint64_t position)
{
    uint64_t least = UINT64_MAX;

    for (uint32_t i = 0; lane_starts && i < n_lanes; i++)
        if (lane_starts[i] > position)
            least = MIN(least, lane_starts[i]);
    return least;
}

static struct weir_str number_text(struct batch *batch, uint64_t number)
{
    char *text = batch_alloc(batch, NUMBER_TEXT_MAX);

    return (struct weir_str){text, (size_t)snprintf(text, NUMBER_TEXT_MAX, "%" PRIu64, number)};
}

/* Where each log begins in the file, as a further content; the block begins at `base`. */
static void add_offsets(const struct tail *tail, struct batch *batch, uint64_t base)
{
    const struct lines_span *spans = tail->setup->scratch.spans;
    struct weir_str key = batch_copy(batch, tail->setup->offset_key);

    for (uint32_t i = 0; i < batch->n_logs; i++)
        batch_add_content(batch, &batch->logs[i], key, number_text(batch, base + spans[i].start));
}

static void add_tags(struct tail *tail, struct batch *batch)
{
    const struct tail_setup *setup = tail->setup;
    struct weir_kv *tags = batch_alloc(batch, (setup->n_tags + 2) * sizeof *tags);
    uint32_t n = 0;

    if (setup->path_key.size)
        tags[n++] = (struct weir_kv){
            batch_copy(batch, setup->path_key), batch_copy(batch, str_of(tail->name))};
    if (setup->inode_key.size)
        tags[n++] =
            (struct weir_kv){batch_copy(batch, setup->inode_key), number_text(batch, tail->inode)};
    for (size_t i = 0; i < setup->n_tags; i++) {
        tags[n].key = batch_copy(batch, setup->tags[i].key);
        tags[n++].value = batch_copy(batch, setup->tags[i].value);
    }
    batch->tags = tags;
    batch->n_tags = n;
    batch->context = batch_copy(batch, str_of(tail->context));
    batch->topic = batch_copy(batch, tail->topic ? str_of(tail->topic) : setup->topic);
}

/* Bytes of which no log is made are secured at once. */
static void pass_over(struct tail *tail, uint64_t start, uint64_t end)
{
    uint64_t lanes = lanes_at(tail->lane_starts, context_of(tail)->n_lanes, start);

    range_release(range_open(&tail->source->ack, start, end, lanes), lanes);
    input_count(tail->setup->input, 0, end - start);
}

/* Where the block that is being filled begins in the file. */
static uint64_t block_start(const struct tail *tail)
{
    return tail->position - tail->lines.end;
}

static void tell_counts(struct tail *tail)
{
    struct lines_counts *counts = &tail->lines.counts;
    struct troubles *troubles = &tail->setup->troubles;

    troubles_add(troubles, TROUBLE_LONG_LOGS, tail->path, counts->cut);
    troubles_add(troubles, TROUBLE_LEFT_OUT_LINES, tail->path, counts->left_out);
    troubles_add(troubles, TROUBLE_HARD_LINES, tail->path, counts->too_hard);
    troubles_add(troubles, TROUBLE_BAD_CHARACTERS, tail->path, counts->bad_bytes);
    *counts = (struct lines_counts){0};
}

/* Sends on what was made of the bytes [start, end). */
static void push(
    struct tail *tail, struct batch *batch, uint64_t start, uint64_t end, uint64_t base)
{
    const struct input_context *context = context_of(tail);

    tell_counts(tail);
    if (!batch) {
        if (end > start)
            pass_over(tail, start, end);
        return;
    }
    batch->lanes = lanes_at(tail->lane_starts, context->n_lanes, start);
    batch->range = range_open(&tail->source->ack, start, end, batch->lanes);
    add_tags(tail, batch);
    if (tail->setup->offset_key.size)
        add_offsets(tail, batch, base);
    input_count(tail->setup->input, batch->n_logs, end - start);
    context->sink->push(context->sink, batch);
}

static void unpark(struct tail *tail)
{
    tail->setup->parked_bytes -= tail->parked;
    tail->parked = 0;
}

void tail_push_rest(struct tail *tail)
{
    uint64_t start = tail->position - lines_held(&tail->lines), base = block_start(tail);

    unpark(tail);
    push(tail, lines_rest(&tail->lines), start, tail->position, base);
}

/* Where a lane left off, all lines end: what it had must not come again with more. */
static void cross_boundary(struct tail *tail)
{
    tail_push_rest(tail);
    tail->boundary = next_boundary(tail->lane_starts, context_of(tail)->n_lanes, tail->position);
    if (tail->boundary == UINT64_MAX) {
        free(tail->lane_starts);
        tail->lane_starts = NULL;
    }
}

void tail_let_go(struct tail *tail)
{
    unpark(tail);
    tail->position -= lines_held(&tail->lines);
    lines_let_go(&tail->lines);
}

void tail_yield(struct tail *tail)
{
    size_t held = lines_held(&tail->lines);

    unpark(tail);
    if (held > TAIL_HOLD_MAX_BYTES) {
        if (tail->setup->parked_bytes + held > TAIL_PARKED_MAX_BYTES) {
            tail_let_go(tail);
            return;
        }
        tail->parked = held;
        tail->setup->parked_bytes += held;
    }
    lines_pause(&tail->lines);
}

/* How many bytes there are to read; -1 with errno. */
static ssize_t count_unread(struct tail *tail)
{
    struct stat status;
    uint64_t size;

    if (fstat(tail->fd, &status) < 0)
        return -1;
    tail->end = (uint64_t)status.st_size;
    tail_note_size(tail, tail->end);
    size = MIN((uint64_t)status.st_size, tail->boundary);
    return size > tail->position ? (ssize_t)(size - tail->position) : 0;
}

static void note_growth(struct tail *tail)
{
    if (tail->position <= tail->furthest)
        return;
    tail->furthest = tail->position;
    tail->grew_ns = loop_now_ns(context_of(tail)->loop);
}

static enum tail_result take(struct tail *tail, size_t size)
{
    uint64_t start = tail->position - lines_held(&tail->lines), base = block_start(tail);
    struct batch *batch = lines_take(&tail->lines, size);
    uint64_t end;

    tail->position += size;
    note_growth(tail);
    end = tail->position - lines_held(&tail->lines);
    push(tail, batch, start, end, base);
    if (tail->position == tail->boundary)
        cross_boundary(tail);
    return end > start ? TAIL_LINES : TAIL_PART;
}

/* Where text in UTF-8 begins: a byte order mark is secured without a log. Returns how many
 * bytes of those that were read it has. */
static size_t pass_over_mark(struct tail *tail, const char *data, size_t size)
{
    size_t mark;

    if (tail->position || tail->setup->rules.gbk)
        return 0;
    troubles_add(&tail->setup->troubles, TROUBLE_UTF16, tail->path, byte_order_utf16(data, size));
    mark = byte_order_utf8(data, size);
    if (!mark)
        return 0;
    lines_pass_over(&tail->lines, mark);
    pass_over(tail, 0, mark);
    tail->position = mark;
    return mark;
}

static void set_mark(struct tail *tail, const char *data, size_t size)
{
    tail->mark.size = (uint32_t)MIN(size, sizeof tail->mark.bytes);
    tail->mark.at = tail->position + size - tail->mark.size;
    memcpy(tail->mark.bytes, data + size - tail->mark.size, tail->mark.size);
}

/* It is not read to its end, whatever it may seem: a scan brings it back. */
static enum tail_result fail(struct tail *tail)
{
    tail->end = UINT64_MAX;
    return TAIL_ERROR;
}

enum tail_result tail_read(struct tail *tail)
{
    ssize_t n = count_unread(tail);
    size_t room;
    char *to;

    if (n <= 0)
        return n ? fail(tail) : TAIL_END;
    unpark(tail);
    to = lines_room(&tail->lines, (size_t)n, &room);
    n = pread(tail->fd, to, MIN(room, tail->boundary - tail->position), (off_t)tail->position);
    if (n <= 0)
        return n ? fail(tail) : TAIL_END;
    set_mark(tail, to, (size_t)n);
    return take(tail, (size_t)n - pass_over_mark(tail, to, (size_t)n));
}
