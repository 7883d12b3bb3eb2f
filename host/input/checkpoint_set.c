#include "input/checkpoint_set.h"

#include <xxhash.h>
#include "base/mem.h"

uint64_t checkpoint_key_hash(const struct checkpoint_key *key)
{
    return XXH64(key, sizeof *key, 0);
}

void checkpoint_set_init(struct checkpoint_set *set)
{
    *set = (struct checkpoint_set){0};
    list_init(&set->values);
}

struct checkpoint_value *checkpoint_set_find(
    const struct checkpoint_set *set, const struct checkpoint_key *key)
{
    struct checkpoint_value *value;

    MAP_EACH_OF(value, &set->by_key, checkpoint_key_hash(key), by_key)
    {
        if (checkpoint_key_equal(&value->key, key))
            return value;
    }
    return NULL;
}

static void add(struct checkpoint_set *set, struct checkpoint_value *value)
{
    map_put(&set->by_key, &value->by_key, checkpoint_key_hash(&value->key));
    list_append(&set->values, &value->link);
}

struct buf *checkpoint_set_put(struct checkpoint_set *set, const struct checkpoint_key *key)
{
    struct checkpoint_value *value = checkpoint_set_find(set, key);

    if (!value) {
        value = mem_zalloc(sizeof *value);
        value->key = *key;
        add(set, value);
    }
    value->value.size = 0;
    return &value->value;
}

void checkpoint_set_move(struct checkpoint_set *to, struct checkpoint_set *from)
{
    struct checkpoint_value *value;

    to->by_key = from->by_key;
    LIST_EACH (value, &from->values, link) {
        list_remove(&value->link);
        list_append(&to->values, &value->link);
    }
    checkpoint_set_init(from);
}

void checkpoint_set_put_back(struct checkpoint_set *to, struct checkpoint_set *from)
{
    struct checkpoint_value *value;

    LIST_EACH (value, &from->values, link) {
        if (checkpoint_set_find(to, &value->key))
            continue;
        map_remove(&from->by_key, &value->by_key);
        list_remove(&value->link);
        add(to, value);
    }
    checkpoint_set_finish(from);
}

void checkpoint_set_finish(struct checkpoint_set *set)
{
    struct checkpoint_value *value;

    LIST_EACH (value, &set->values, link) {
        buf_finish(&value->value);
        free(value);
    }
    map_finish(&set->by_key);
    checkpoint_set_init(set);
}
