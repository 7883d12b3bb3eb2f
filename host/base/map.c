#include "base/map.h"

#include "base/mem.h"

#define FIRST_SLOTS 16

void map_finish(struct map *map)
{
    free((void *)map->slots);
    *map = (struct map){0};
}

static struct map_item **slot_of(const struct map *map, uint64_t hash)
{
    return &map->slots[hash & (map->n_slots - 1)];
}

static void link_item(struct map *map, struct map_item *item)
{
    struct map_item **slot = slot_of(map, item->hash);

    item->next = *slot;
    *slot = item;
}

static void grow(struct map *map)
{
    struct map larger = {
        .n_slots = MAX(2 * map->n_slots, (size_t)FIRST_SLOTS), .count = map->count};

    larger.slots = mem_calloc(larger.n_slots, sizeof(struct map_item *));
    for (size_t i = 0; i < map->n_slots; i++)
        while (map->slots[i]) {
            struct map_item *item = map->slots[i];

            map->slots[i] = item->next;
            link_item(&larger, item);
        }
    free((void *)map->slots);
    *map = larger;
}

void map_put(struct map *map, struct map_item *item, uint64_t hash)
{
    if (map->count == map->n_slots)
        grow(map);
    item->hash = hash;
    link_item(map, item);
    map->count++;
}

void map_remove(struct map *map, struct map_item *item)
{
    if (!map->n_slots)
        return;
    for (struct map_item **at = slot_of(map, item->hash); *at; at = &(*at)->next)
        if (*at == item) {
            *at = item->next;
            item->next = NULL;
            map->count--;
            return;
        }
}

static struct map_item *find_from(struct map_item *item, uint64_t hash)
{
    while (item && item->hash != hash)
        item = item->next;
    return item;
}

struct map_item *map_first(const struct map *map, uint64_t hash)
{
    return map->n_slots ? find_from(*slot_of(map, hash), hash) : NULL;
}

struct map_item *map_next(const struct map_item *item)
{
    return find_from(item->next, item->hash);
}
