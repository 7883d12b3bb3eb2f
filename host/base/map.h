/* Intrusive hash map: items by a 64-bit hash of their key. Items of one hash are
 * found in turn, and the caller compares the keys. Not thread-safe. */
#ifndef BASE_MAP_H
#define BASE_MAP_H

#include <stddef.h>
#include <stdint.h>
#include "base/util.h"

struct map_item {
    struct map_item *next; /* private */
    uint64_t hash;
};

/* Zeroed: empty. */
struct map {
    struct map_item **slots;
    size_t n_slots; /* a power of two */
    size_t count;
};

/* Frees the table; the items are the caller's. */
void map_finish(struct map *map);
void map_put(struct map *map, struct map_item *item, uint64_t hash);
/* Tolerates an item that is not in it. */
void map_remove(struct map *map, struct map_item *item);

/* The first item of that hash, and the one behind an item with its hash; NULL: none. */
struct map_item *map_first(const struct map *map, uint64_t hash);
struct map_item *map_next(const struct map_item *item);

#define MAP_EACH_OF(ITEM, MAP, HASH, MEMBER) \
    for (struct map_item *at_ = map_first((MAP), (HASH)); \
         at_ && ((ITEM) = container_of(at_, __typeof__(*(ITEM)), MEMBER), 1); at_ = map_next(at_))

#endif
