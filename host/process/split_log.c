#include "process/split_log.h"

#include <stdio.h>
#include "base/util.h"
#include "process/source.h"

#define OFFSET_DIGITS_MAX 24U

/* One log being taken apart. */
struct splitting {
    const struct split_log_options *options;
    struct batch *batch;
    const struct weir_log *log;
    uint32_t source; /* index of the content */
    uint32_t offset; /* index of the one with the position, n_contents: none */
    uint32_t n_logs, max_logs;
};

static uint32_t find_offset(const struct weir_log *log)
{
    uint32_t i = log_find(log, str_of("__file_offset__"));

    return i < log->n_contents ? i : log_find(log, str_of("__tag__:__file_offset__"));
}

/* The position as text, moved on; as it was when it is no number. */
static struct weir_str moved_offset(struct batch *batch, struct weir_str old, size_t by)
{
    char text[OFFSET_DIGITS_MAX];
    unsigned long long value = 0;
    int size;

    if (!old.size || old.size > 19)
        return old;
    for (size_t i = 0; i < old.size; i++) {
        if (old.data[i] < '0' || old.data[i] > '9')
            return old;
        value = 10 * value + (unsigned)(old.data[i] - '0');
    }
    size = snprintf(text, sizeof text, "%llu", value + by);
    return batch_copy(batch, (struct weir_str){text, (size_t)size});
}

/* A log with that piece, and with the other fields before it if they are wanted. */
static void add_piece(struct splitting *splitting, struct weir_str piece, size_t at)
{
    const struct weir_log *log = splitting->log;
    uint32_t n_others = splitting->options->preserve_others ? log->n_contents - 1 : 0;
    struct weir_log *to = batch_add_log(splitting->batch, n_others + 1);
    struct weir_kv *contents = log_contents(to);

    to->time_s = log->time_s;
    to->time_ns = log->time_ns;
    for (uint32_t i = 0; n_others && i < log->n_contents; i++) {
        if (i == splitting->source)
            continue;
        contents[to->n_contents] = log->contents[i];
        if (i == splitting->offset)
            contents[to->n_contents].value =
                moved_offset(splitting->batch, log->contents[i].value, at);
        to->n_contents++;
    }
    contents[to->n_contents++] = (struct weir_kv){log->contents[splitting->source].key, piece};
    splitting->n_logs++;
}

static void split(struct splitting *splitting, struct processor *processor,
    struct failures *failures, split_log_piece *piece)
{
    struct weir_str text = log_contents(splitting->log)[splitting->source].value, rest = text;

    while (rest.size) {
        size_t skip = 0, size = rest.size;

        if (splitting->n_logs + 1 < splitting->max_logs)
            size = piece(processor, rest, &skip);
        else
            failures_add(failures, true, "a log splits into too many", text);
        if (size != SIZE_MAX)
            add_piece(
                splitting, (struct weir_str){rest.data, size}, (size_t)(rest.data - text.data));
        skip += size == SIZE_MAX ? 0 : size;
        rest = (struct weir_str){rest.data + skip, rest.size - skip};
    }
}

void split_log(struct processor *processor, struct failures *failures,
    const struct split_log_options *options, split_log_piece *piece, struct batch *batch)
{
    const struct weir_log *logs = batch->logs;
    uint32_t n_logs = batch->n_logs;

    batch->logs = batch_alloc(batch, batch->cap_logs * sizeof *batch->logs);
    batch->n_logs = 0;
    for (uint32_t i = 0; i < n_logs; i++) {
        struct splitting splitting = {.options = options, .batch = batch, .log = &logs[i]};

        splitting.max_logs = MIN(SPLIT_LOGS_MAX, SPLIT_CONTENTS_MAX / (logs[i].n_contents + 1));
        splitting.source = source_find(&logs[i], options->split_key);
        splitting.offset = options->enable_log_position_meta ? find_offset(&logs[i]) : UINT32_MAX;
        if (splitting.source < logs[i].n_contents) {
            split(&splitting, processor, failures, piece);
            processor->n_dropped += !splitting.n_logs;
            continue;
        }
        failures_add(
            failures, options->no_key_error, "a log has no field to split", options->split_key);
        if (options->preserve_others)
            *batch_add_log(batch, 0) = logs[i];
        else
            processor->n_dropped++;
    }
    failures_report(failures, processor);
}
