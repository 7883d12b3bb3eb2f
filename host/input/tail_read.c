#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include "base/log.h"
#include "base/mem.h"
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

/* Where each line begins in the file, as a further content. */
static void add_offsets(const struct tail *tail, struct batch *batch, uint64_t start)
{
    const char *first = batch->logs[0].contents[0].value.data;
    struct weir_str key = batch_copy(batch, tail->setup->offset_key);

    for (uint32_t i = 0; i < batch->n_logs; i++) {
        struct weir_log *log = &batch->logs[i];
        uint64_t offset = start + (uint64_t)(log->contents[0].value.data - first);

        batch_add_content(batch, log, key, number_text(batch, offset));
    }
}

static void add_tags(struct tail *tail, struct batch *batch)
{
    const struct tail_setup *setup = tail->setup;
    struct weir_kv *tags = batch_alloc(batch, (setup->n_tags + 2) * sizeof *tags);
    uint32_t n = 0;

    tags[n++] = (struct weir_kv){str_of("__path__"), batch_copy(batch, str_of(tail->name))};
    if (setup->inode_tag)
        tags[n++] = (struct weir_kv){str_of("__inode__"), number_text(batch, tail->inode)};
    for (size_t i = 0; i < setup->n_tags; i++) {
        tags[n].key = batch_copy(batch, setup->tags[i].key);
        tags[n++].value = batch_copy(batch, setup->tags[i].value);
    }
    batch->tags = tags;
    batch->n_tags = n;
    batch->context = batch_copy(batch, str_of(tail->context));
}

/* Sends on what was read of the bytes [start, end). */
static void push(struct tail *tail, struct batch *batch, uint64_t start, uint64_t end)
{
    const struct input_context *context = context_of(tail);

    if (!batch)
        return;
    batch->lanes = lanes_at(tail->lane_starts, context->n_lanes, start);
    batch->range = range_open(&tail->source->ack, start, end, batch->lanes);
    add_tags(tail, batch);
    if (tail->setup->offset_key.size)
        add_offsets(tail, batch, start);
    input_count(tail->setup->input, batch->n_logs, end - start);
    context->sink->push(context->sink, batch);
}

void tail_push_rest(struct tail *tail)
{
    uint64_t start = tail->position - lines_held(&tail->lines);

    push(tail, lines_rest(&tail->lines), start, tail->position);
}

static void tell_cut(struct tail *tail)
{
    tail->setup->n_cut_lines += tail->lines.n_cut;
    tail->lines.n_cut = 0;
    if (tail->cut_told)
        return;
    tail->cut_told = true;
    log_warn("line is too long and is cut", LOG_STR("pipeline", context_of(tail)->pipeline),
        LOG_STR("path", tail->path), LOG_INT("limit_bytes", LINES_LINE_MAX_BYTES));
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

void tail_yield(struct tail *tail)
{
    size_t held = lines_held(&tail->lines);

    if (held <= TAIL_HOLD_MAX_BYTES) {
        lines_pause(&tail->lines);
        return;
    }
    tail->position -= held;
    lines_finish(&tail->lines);
}

/* How many bytes there are to read; -1 with errno. */
static ssize_t count_unread(struct tail *tail)
{
    struct stat status;
    uint64_t size;

    if (fstat(tail->fd, &status) < 0)
        return -1;
    tail->end = (uint64_t)status.st_size;
    size = MIN((uint64_t)status.st_size, tail->boundary);
    return size > tail->position ? (ssize_t)(size - tail->position) : 0;
}

static enum tail_result take(struct tail *tail, size_t size)
{
    uint64_t start = tail->position - lines_held(&tail->lines);
    struct batch *batch = lines_take(&tail->lines, size);

    tail->position += size;
    tail->grew_ns = loop_now_ns(context_of(tail)->loop);
    push(tail, batch, start, tail->position - lines_held(&tail->lines));
    if (tail->lines.n_cut)
        tell_cut(tail);
    if (tail->position == tail->boundary)
        cross_boundary(tail);
    return batch ? TAIL_LINES : TAIL_PART;
}

enum tail_result tail_read(struct tail *tail)
{
    ssize_t n = count_unread(tail);
    size_t room;
    char *to;

    if (n <= 0)
        return n ? TAIL_ERROR : TAIL_END;
    to = lines_room(&tail->lines, (size_t)n, &room);
    n = pread(tail->fd, to, MIN(room, tail->boundary - tail->position), (off_t)tail->position);
    if (n <= 0)
        return n ? TAIL_ERROR : TAIL_END;
    return take(tail, (size_t)n);
}
