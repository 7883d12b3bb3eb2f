/*
 * Keys (and other texts) of a processor's options, for logs: a copy in the batch,
 * made once for each batch, because groups outlive the processor.
 */
#ifndef PROCESS_KEYS_H
#define PROCESS_KEYS_H

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

/* The position of a text among these, or `count`. */
static inline size_t keys_find(const struct weir_str *texts, size_t count, struct weir_str text)
{
    for (size_t i = 0; i < count; i++)
        if (str_equal(texts[i], text))
            return i;
    return count;
}

#endif
