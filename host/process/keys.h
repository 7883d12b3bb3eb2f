/*
 * Keys (and other texts) of a processor's options, for logs: a copy in the batch,
 * made once for each batch, because groups outlive the processor.
 */
#ifndef PROCESS_KEYS_H
#define PROCESS_KEYS_H

#include <weir/option.h>
#include "event/batch.h"

/* Copies of all of them, in the order given. */
static inline struct weir_str *keys_copy(
    struct batch *batch, const struct weir_str *texts, size_t count)
{
    struct weir_str *copies = batch_alloc(batch, count * sizeof *copies);

    for (size_t i = 0; i < count; i++)
        copies[i] = batch_copy(batch, texts[i]);
    return copies;
}

/* The same, and behind them a static one. */
static inline struct weir_str *keys_copy_and(
    struct batch *batch, const struct weir_str *texts, size_t count, const char *last)
{
    struct weir_str *copies = batch_alloc(batch, (count + 1) * sizeof *copies);

    for (size_t i = 0; i < count; i++)
        copies[i] = batch_copy(batch, texts[i]);
    copies[count] = str_of(last);
    return copies;
}

/* Copies of the pairs of a map, in its order. */
static inline struct weir_kv *pairs_copy(struct batch *batch, const struct weir_str_map *map)
{
    struct weir_kv *copies = batch_alloc(batch, map->count * sizeof *copies);

    for (size_t i = 0; i < map->count; i++) {
        copies[i].key = batch_copy(batch, map->items[i].key);
        copies[i].value = batch_copy(batch, map->items[i].value);
    }
    return copies;
}

/* The position of a text among these, or `count`. */
static inline size_t keys_find(const struct weir_str *texts, size_t count, struct weir_str text)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(texts[i], text))
            return i;
    return count;
}

/* Removes all contents whose keys are among these. */
static inline void keys_remove(struct weir_log *log, const struct weir_str_list *keys)
{
    struct weir_kv *contents = log_contents(log);
    uint32_t n_kept = 0;

    for (uint32_t i = 0; i < log->n_contents; i++)
        if (keys_find(keys->items, keys->count, contents[i].key) == keys->count)
            contents[n_kept++] = contents[i];
    log->n_contents = n_kept;
}

#endif
