#include "input/records.h"

#include <string.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "input/gbk.h"

/* Bytes of a character in UTF-8 behind its first. */
#define UTF8_FURTHER_MAX 3U
/* What is kept for the next line in UTF-8; bytes. */
#define TEXT_KEEP_BYTES MIB

/* Where taking apart is: offsets in the block. */
struct cursor {
    struct lines *lines;
    const char *data;
    size_t log;  /* where the open log begins */
    size_t line; /* where the next line begins */
};

static struct weir_str text_of(const struct cursor *at, size_t start, size_t end)
{
    return (struct weir_str){at->data + start, end - start};
}

static void add_span(struct lines_scratch *scratch, size_t start, size_t end)
{
    MEM_GROW(scratch->spans, scratch->n_spans, scratch->cap_spans);
    scratch->spans[scratch->n_spans++] = (struct lines_span){(uint32_t)start, (uint32_t)end};
}

static bool goes_on_there(struct weir_str text, size_t at)
{
    return ((unsigned char)text.data[at] & 0xC0) == 0x80;
}

/* The last newline a piece of a text that is too long can end before; NULL: none. */
static const char *last_newline(const struct lines *lines, struct weir_str text)
{
    return lines->rules->multiline ? memrchr(text.data, '\n', lines->rules->max_bytes + 1) : NULL;
}

/* How much of a text that is too long the next piece has: whole lines, if there are
 * several; whole characters, if it is text. The newline behind it, *ret_skip bytes, goes
 * into no piece. */
static size_t piece_size(const struct lines *lines, struct weir_str text, size_t *ret_skip)
{
    size_t max = lines->rules->max_bytes, size = max;
    const char *newline = last_newline(lines, text);

    *ret_skip = newline != NULL;
    if (newline)
        return (size_t)(newline - text.data);
    if (lines->rules->gbk)
        return gbk_cut(text, max);
    while (max - size < UTF8_FURTHER_MAX && goes_on_there(text, size))
        size--;
    return goes_on_there(text, size) ? max : size;
}

/* The place of a log, or of several when it is too long; none if it is left out. */
static void add_text(struct cursor *at, size_t start, size_t end)
{
    struct lines *lines = at->lines;

    while (!lines->leaving_out && end - start > lines->rules->max_bytes) {
        size_t skip, size = piece_size(lines, text_of(at, start, end), &skip);

        add_span(lines->scratch, start, start + size);
        start += size + skip;
        lines->leaving_out = lines->rules->excess == LINES_TRUNCATE;
    }
    if (!lines->leaving_out)
        add_span(lines->scratch, start, end);
}

/* A whole log, or the last piece of one. */
static void add_log(struct cursor *at, size_t start, size_t end)
{
    struct lines *lines = at->lines;

    lines->counts.cut += !lines->rest && end - start > lines->rules->max_bytes;
    add_text(at, start, end);
    lines->rest = lines->leaving_out = false;
}

/* The log that is open ends before the next line. */
static void end_log(struct cursor *at)
{
    if (at->line > at->log)
        add_log(at, at->log, at->line - 1);
    at->lines->rest = at->lines->leaving_out = false; /* all of it has come before */
}

/* A line that belongs to no log. */
static void add_unmatched(struct cursor *at, size_t start, size_t end)
{
    if (multiline_discards(at->lines->rules->multiline))
        at->lines->counts.left_out++;
    else
        add_log(at, start, end);
    at->lines->rest = at->lines->leaving_out = false;
}

/* So are all lines of [start, end). */
static void add_all_unmatched(struct cursor *at, size_t start, size_t end)
{
    while (start <= end) {
        const char *newline = memchr(at->data + start, '\n', end - start);
        size_t line_end = newline ? (size_t)(newline - at->data) : end;

        add_unmatched(at, start, line_end);
        start = line_end + 1;
    }
}

/* What the next line is, going by its bytes up to `end`: all, or not `whole`. */
static enum line_role judge(struct cursor *at, size_t end, bool whole)
{
    struct lines *lines = at->lines;
    struct weir_str line = text_of(at, at->line, end);

    if (!lines->rules->multiline)
        return LINE_ALONE;
    if (lines->rules->gbk) {
        lines->scratch->text.size = 0;
        gbk_decode(lines->rules->gbk, line, &lines->scratch->text);
        line = (struct weir_str){lines->scratch->text.data, lines->scratch->text.size};
    }
    return multiline_judge(lines->rules->multiline, &lines->state, line, whole);
}

/* The last piece of a line that was cut: what it is was judged by its first. */
static enum line_role rest_role(struct lines *lines)
{
    lines->rest_of_line = false;
    return lines->state.open ? LINE_JOINS : LINE_ALONE;
}

/* The next line ends at `end`. */
static void take_line(struct cursor *at, size_t end)
{
    bool was_open = at->lines->state.open;

    switch (at->lines->rest_of_line ? rest_role(at->lines) : judge(at, end, true)) {
    case LINE_ALONE:
        add_log(at, at->line, end);
        break;
    case LINE_BEGINS:
        if (was_open)
            end_log(at);
        at->log = at->line;
        break;
    case LINE_JOINS:
        break;
    case LINE_ENDS:
        add_log(at, at->log, end);
        break;
    case LINE_UNMATCHED:
        if (was_open)
            end_log(at);
        add_unmatched(at, at->line, end);
        break;
    case LINE_BREAKS:
        add_all_unmatched(at, at->log, end);
        break;
    case LINE_BLANK:
        break;
    }
    at->line = end + 1;
}

static struct cursor begin(struct lines *lines)
{
    lines->scratch->n_spans = 0;
    if (lines->rules->multiline)
        multiline_renew(lines->rules->multiline);
    return (struct cursor){
        .lines = lines,
        .data = lines->block->data,
        .log = lines->start,
        .line = lines->start + lines->judged,
    };
}

/* A line that is too long is judged by its beginning. */
static void begin_long_line(struct cursor *at)
{
    struct lines *lines = at->lines;
    bool was_open = lines->state.open;
    enum line_role role = judge(at, lines->end, false);

    lines->rest_of_line = true;
    if (was_open && (role == LINE_BEGINS || role == LINE_UNMATCHED || role == LINE_BREAKS))
        end_log(at);
    if ((role == LINE_UNMATCHED || role == LINE_BREAKS) &&
        multiline_discards(lines->rules->multiline)) {
        lines->counts.left_out++;
        lines->rest = lines->leaving_out = true;
    }
}

/* The first piece of what is held goes. */
static void cut_piece(struct cursor *at)
{
    struct lines *lines = at->lines;
    struct weir_str text = text_of(at, at->log, lines->end);
    size_t skip, size = piece_size(lines, text, &skip);

    if (!lines->leaving_out)
        add_span(lines->scratch, at->log, at->log + size);
    if (!lines->rest)
        lines->resumed = (struct multiline_state){0};
    if (lines->state.open)
        multiline_pass(
            lines->rules->multiline, &lines->resumed, (struct weir_str){text.data, size});
    lines->resumed_in_line = !skip;
    at->log += size + skip;
    at->line = MAX(at->line, at->log);
}

/* What is held is no longer than a log may be, nor is it what is to be left out. */
static void cut_held(struct cursor *at)
{
    struct lines *lines = at->lines;

    while (lines->end - at->log > lines->rules->max_bytes) {
        if (at->log == at->line && !lines->rest_of_line)
            begin_long_line(at);
        lines->counts.cut += !lines->rest;
        cut_piece(at);
        lines->rest = true;
        lines->leaving_out |= lines->rules->excess == LINES_TRUNCATE;
    }
    if (!lines->leaving_out)
        return;
    at->log = at->line = lines->rest_of_line ? lines->end : at->line;
    lines->resumed = lines->state;
    lines->resumed_in_line = lines->rest_of_line;
}

/* The value of a log; *slice is set when it lies in the block. */
static struct weir_str value_of(
    struct lines *lines, struct batch *batch, struct lines_span span, bool *slice)
{
    struct buf *text = &lines->scratch->text;
    struct weir_str value = {lines->block->data + span.start, span.end - span.start};

    if (!lines->rules->gbk || gbk_is_ascii(value)) {
        *slice = true;
        return value;
    }
    text->size = 0;
    lines->counts.bad_bytes += gbk_decode(lines->rules->gbk, value, text);
    return batch_copy(batch, (struct weir_str){text->data, text->size});
}

static struct batch *make_batch(struct lines *lines)
{
    const struct lines_scratch *scratch = lines->scratch;
    size_t n = scratch->n_spans;
    uint64_t wall_ns = clock_wall_ns();
    bool slices = false;
    struct batch *batch;
    struct weir_kv *contents;

    if (lines->rules->multiline)
        lines->counts.too_hard += multiline_too_hard(lines->rules->multiline);
    if (!n)
        return NULL;
    batch = batch_create(lines->memory, (uint32_t)n);
    contents = batch_alloc(batch, n * sizeof *contents);
    for (size_t i = 0; i < n; i++) {
        contents[i].key = str_of("content");
        contents[i].value = value_of(lines, batch, scratch->spans[i], &slices);
        batch->logs[i] = (struct weir_log){(uint32_t)(wall_ns / NS_PER_S),
            lines->nanoseconds ? (uint32_t)(wall_ns % NS_PER_S) : 0, 1, 1, &contents[i]};
    }
    batch->n_logs = (uint32_t)n;
    if (slices)
        batch_add_block(batch, lines->block);
    if (lines->scratch->text.capacity > TEXT_KEEP_BYTES)
        buf_finish(&lines->scratch->text);
    return batch;
}

struct batch *records_take(struct lines *lines)
{
    struct cursor at = begin(lines);
    struct batch *batch;

    for (size_t i = 0; i < lines->scratch->n_ends; i++)
        take_line(&at, lines->scratch->ends[i]);
    if (!lines->state.open)
        at.log = at.line;
    cut_held(&at);
    batch = make_batch(lines);
    lines->start = at.log;
    lines->judged = at.line - at.log;
    return batch;
}

struct batch *records_rest(struct lines *lines)
{
    struct cursor at = begin(lines);

    if (at.line < lines->end) { /* the last line, without its newline */
        take_line(&at, lines->end);
        if (!lines->state.open)
            return make_batch(lines);
    }
    if (lines->state.open && multiline_may_end(lines->rules->multiline))
        end_log(&at);
    else if (lines->state.open && at.line > at.log)
        add_all_unmatched(&at, at.log, at.line - 1);
    return make_batch(lines);
}
