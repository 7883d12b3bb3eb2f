#include "event/batch.h"

#include "base/util.h"

/* Bytes of the arena's blocks: small ones for a trickle of logs. */
#define ARENA_BLOCK_MIN (4 * KIB)
#define ARENA_BLOCK_MAX (256 * KIB)

/* What a log with one content takes. */
#define LOG_BYTES_TYPICAL (sizeof(struct weir_log) + sizeof(struct weir_kv))

struct batch *batch_create(struct memory *memory, uint32_t hint_logs)
{
    size_t size = sizeof(struct batch) + hint_logs * LOG_BYTES_TYPICAL + 512;
    struct arena arena;
    struct batch *batch;

    arena_init(&arena, memory, MIN(MAX(size, ARENA_BLOCK_MIN), ARENA_BLOCK_MAX));
    batch = arena_alloc(&arena, sizeof *batch);
    *batch = (struct batch){.lanes = UINT64_MAX};
    batch->cap_logs = MAX(hint_logs, 16U);
    batch->logs = arena_alloc(&arena, batch->cap_logs * sizeof *batch->logs);
    batch->arena = arena;
    return batch;
}

void batch_destroy(struct batch *batch)
{
    struct arena arena;

    if (!batch)
        return;
    if (batch->range)
        range_release(batch->range, batch->lanes);
    for (uint32_t i = 0; i < batch->n_blocks; i++)
        block_unref(batch->blocks[i]);
    arena = batch->arena; /* the batch lies in it */
    arena_finish(&arena);
}

void batch_add_block(struct batch *batch, struct block *block)
{
    if (batch->n_blocks == batch->cap_blocks) {
        uint32_t capacity = batch->cap_blocks ? 2 * batch->cap_blocks : 4;
        struct block **blocks = (struct block **)batch_alloc(batch, capacity * sizeof *blocks);

        if (batch->n_blocks)
            memcpy((void *)blocks, (void *)batch->blocks, batch->n_blocks * sizeof *blocks);
        batch->blocks = blocks;
        batch->cap_blocks = capacity;
    }
    batch->blocks[batch->n_blocks++] = block_ref(block);
}

static void grow_logs(struct batch *batch)
{
    uint32_t capacity = 2 * batch->cap_logs;
    struct weir_log *logs = batch_alloc(batch, capacity * sizeof *logs);

    memcpy(logs, batch->logs, batch->n_logs * sizeof *logs);
    batch->logs = logs;
    batch->cap_logs = capacity;
}

struct weir_log *batch_add_log(struct batch *batch, uint32_t capacity)
{
    struct weir_log *log;

    if (batch->n_logs == batch->cap_logs)
        grow_logs(batch);
    log = &batch->logs[batch->n_logs++];
    *log = (struct weir_log){.reserved = capacity};
    if (capacity)
        log->contents = batch_alloc(batch, capacity * sizeof *log->contents);
    return log;
}

struct weir_kv *batch_reserve(struct batch *batch, struct weir_log *log, uint32_t extra)
{
    uint32_t capacity;
    struct weir_kv *contents;

    if (log->reserved - log->n_contents >= extra)
        return log_contents(log);
    capacity = log->n_contents + MAX(extra, 4U);
    contents = batch_alloc(batch, capacity * sizeof *contents);
    if (log->n_contents)
        memcpy(contents, log->contents, log->n_contents * sizeof *contents);
    log->contents = contents;
    log->reserved = capacity;
    return contents;
}

void batch_add_content(
    struct batch *batch, struct weir_log *log, struct weir_str key, struct weir_str value)
{
    struct weir_kv *contents = batch_reserve(batch, log, 1);

    contents[log->n_contents++] = (struct weir_kv){key, value};
}
