/* The content that a processor works on, as several of them choose it. */
#ifndef PROCESS_SOURCE_H
#define PROCESS_SOURCE_H

#include "event/batch.h"

/* Most fields that one value is split into; the rest stays together in one more. */
#define SPLIT_FIELDS_MAX 4096U

/* Index of the first content of that key, with an empty key of the first content of all;
 * n_contents: there is none. */
static inline uint32_t source_find(const struct weir_log *log, struct weir_str key)
{
    return key.size ? log_find(log, key) : 0;
}

/* Appends a content; makes room for `more` at once when there is none. */
static inline void append_content(struct batch *batch, struct weir_log *log, struct weir_str key,
    struct weir_str value, uint32_t more)
{
    if (log->n_contents == log->reserved)
        batch_reserve(batch, log, more);
    log_contents(log)[log->n_contents++] = (struct weir_kv){key, value};
}

#endif
