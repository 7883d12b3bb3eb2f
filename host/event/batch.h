/*
 * Logs on their way through the processors of one pipeline: many at a time, in
 * the very layout that flushers see. Everything a batch points to lies in its
 * blocks or its arena, or is static; so groups made of it can outlive the
 * pipeline. Belongs to one thread at a time.
 *
 * While a log is in a batch its `reserved` is the capacity of its contents array.
 */
#ifndef EVENT_BATCH_H
#define EVENT_BATCH_H

#include <stdbool.h>
#include <string.h>
#include <weir/batch.h>
#include "event/memory.h"
#include "event/range.h"

struct batch {
    struct arena arena; /* arrays and new values */
    struct weir_log *logs;
    uint32_t n_logs, cap_logs;

    struct block **blocks; /* what the slices lie in, in the arena; the batch's references */
    uint32_t n_blocks, cap_blocks;

    struct range *range; /* held by the batch; NULL: the source cannot read again */
    uint64_t lanes;      /* the lanes that still need these logs */

    /* About the source; in the arena. */
    const struct weir_kv *tags;
    uint32_t n_tags;
    struct weir_str topic;
    struct weir_str context; /* what tells sources apart (aggregator_context), "" if nothing */
};

/* All lanes; `hint_logs` is how many logs will probably come. */
struct batch *batch_create(struct memory *memory, uint32_t hint_logs);
/* Lets go of the range, blocks and arena. NULL is fine. */
void batch_destroy(struct batch *batch);
/* The batch takes a reference of its own. */
void batch_add_block(struct batch *batch, struct block *block);

/* Appends a log with room for `capacity` contents and none yet. The pointer holds
 * until the next call. */
struct weir_log *batch_add_log(struct batch *batch, uint32_t capacity);

/* The contents for writing, with room for `extra` more. */
struct weir_kv *batch_reserve(struct batch *batch, struct weir_log *log, uint32_t extra);
void batch_add_content(
    struct batch *batch, struct weir_log *log, struct weir_str key, struct weir_str value);

/* Memory and copies that live as long as the batch and its groups. */
static inline void *batch_alloc(struct batch *batch, size_t size)
{
    return arena_alloc(&batch->arena, size);
}
static inline struct weir_str batch_copy(struct batch *batch, struct weir_str text)
{
    return arena_copy(&batch->arena, text);
}

static inline bool str_equal(struct weir_str a, struct weir_str b)
{
    return a.size == b.size && (a.size == 0 || memcmp(a.data, b.data, a.size) == 0);
}

static inline struct weir_str str_of(const char *text)
{
    return (struct weir_str){text, strlen(text)};
}

static inline struct weir_kv *log_contents(const struct weir_log *log)
{
    return (struct weir_kv *)(uintptr_t)log->contents;
}

/* Index of the first content of that key, or n_contents. */
static inline uint32_t log_find(const struct weir_log *log, struct weir_str key)
{
    for (uint32_t i = 0; i < log->n_contents; i++)
        if (str_equal(log->contents[i].key, key))
            return i;
    return log->n_contents;
}

/* Removes the i-th content; order is kept. */
static inline void log_remove(struct weir_log *log, uint32_t i)
{
    struct weir_kv *contents = log_contents(log);

    log->n_contents--;
    memmove(&contents[i], &contents[i + 1], (log->n_contents - i) * sizeof *contents);
}

#endif
