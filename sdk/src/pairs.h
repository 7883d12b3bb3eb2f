/* A list of key/value slices that is made anew for each log; and a sorted one, which has
 * each key once. Starts zeroed. */
#ifndef SDK_PAIRS_H
#define SDK_PAIRS_H

#include <weir/buffer.h>

struct pairs {
    struct weir_buffer memory; /* of struct weir_kv */
};

static inline struct weir_kv *pairs_items(const struct pairs *pairs)
{
    return (struct weir_kv *)(void *)pairs->memory.data;
}

static inline size_t pairs_count(const struct pairs *pairs)
{
    return pairs->memory.size / sizeof(struct weir_kv);
}

static inline void pairs_clear(struct pairs *pairs)
{
    weir_buffer_clear(&pairs->memory);
}

static inline void pairs_add(struct pairs *pairs, struct weir_str key, struct weir_str value)
{
    struct weir_kv pair = {key, value};

    weir_buffer_append(&pairs->memory, &pair, sizeof pair);
}

void pairs_finish(struct pairs *pairs);

/* By bytes: less than, equal to, greater than zero. */
int str_compare(struct weir_str a, struct weir_str b);

/* Sorts by key; of equal keys the last one stays. */
void pairs_sort(struct pairs *pairs);

/* The value of a key in a sorted list; NULL: none. */
const struct weir_str *pairs_find(const struct pairs *pairs, struct weir_str key);

/* Adds the pairs of both, sorted as they are; of equal keys those of `stronger` stay. */
void pairs_merge(struct pairs *to, const struct pairs *weaker, const struct pairs *stronger);

#endif
