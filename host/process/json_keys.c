#include "process/json_keys.h"

#define XXH_INLINE_ALL
#include <xxhash.h>
#include "base/mem.h"
#include "base/util.h"

#define PLACES (2 * JSON_KEYS_MAX) /* a power of two */

/* A log may cause so many bytes of keys: far more than flattening ordinary logs does. */
#define BUDGET_BYTES (64 * KIB)
#define BUDGET_PER_BYTE 16U

struct json_key {
    struct weir_str text;
    uint32_t parent;    /* index */
    uint32_t next;      /* the key that came after it last time */
    size_t member_size; /* its own part, at the end of `text` */
};

void json_keys_init(struct json_keys *keys)
{
    *keys = (struct json_keys){.places = mem_calloc(PLACES, sizeof(uint16_t))};
    MEM_GROW(keys->keys, keys->count, keys->capacity);
}

void json_keys_finish(struct json_keys *keys)
{
    free(keys->keys);
    free(keys->places);
}

struct json_path json_keys_reset(struct json_keys *keys, struct weir_str root)
{
    memset(keys->places, 0, PLACES * sizeof *keys->places);
    keys->keys[0] = (struct json_key){.text = root};
    keys->count = 1;
    keys->last = 0;
    return (struct json_path){root, 0};
}

void json_keys_restart(struct json_keys *keys, size_t size)
{
    keys->last = 0;
    keys->budget = BUDGET_BYTES + BUDGET_PER_BYTE * size;
}

static bool is_key(const struct json_key *key, uint32_t parent, struct weir_str member)
{
    return key->parent == parent && key->member_size == member.size &&
           memcmp(key->text.data + key->text.size - member.size, member.data, member.size) == 0;
}

/* Where the key stands in the table, or the empty place where it would. */
static uint16_t *place_of(const struct json_keys *keys, uint32_t parent, struct weir_str member)
{
    uint64_t place = XXH3_64bits_withSeed(member.data, member.size, parent);

    for (;; place++) {
        uint16_t *at = &keys->places[place % PLACES];

        if (!*at || is_key(&keys->keys[*at], parent, member))
            return at;
    }
}

static bool make_text(struct json_keys *keys, struct batch *batch, struct weir_str parent,
    struct weir_str connector, struct weir_str member, struct weir_str *ret_text)
{
    size_t size = parent.size + connector.size + member.size;
    char *text;

    if (size > keys->budget)
        return false;
    keys->budget -= size;
    text = batch_alloc(batch, size);
    memcpy(mempcpy(mempcpy(text, parent.data, parent.size), connector.data, connector.size),
        member.data, member.size);
    *ret_text = (struct weir_str){text, size};
    return true;
}

static bool add_key(struct json_keys *keys, struct batch *batch, const struct json_path *parent,
    struct weir_str connector, struct weir_str member, uint16_t *place)
{
    struct json_key *key;

    MEM_GROW(keys->keys, keys->count, keys->capacity);
    key = &keys->keys[keys->count];
    *key = (struct json_key){.parent = parent->index, .member_size = member.size};
    if (!make_text(keys, batch, parent->text, connector, member, &key->text))
        return false;
    *place = (uint16_t)keys->count++;
    return true;
}

bool json_keys_get(struct json_keys *keys, struct batch *batch, const struct json_path *parent,
    struct weir_str connector, struct weir_str member, struct json_path *ret_path)
{
    uint32_t index = keys->keys[keys->last].next;
    uint16_t *place;

    if (parent->index == JSON_KEYS_MAX) {
        ret_path->index = JSON_KEYS_MAX;
        return make_text(keys, batch, parent->text, connector, member, &ret_path->text);
    }
    if (!index || !is_key(&keys->keys[index], parent->index, member)) {
        place = place_of(keys, parent->index, member);
        if (!*place && keys->count == JSON_KEYS_MAX) {
            ret_path->index = JSON_KEYS_MAX;
            return make_text(keys, batch, parent->text, connector, member, &ret_path->text);
        }
        if (!*place && !add_key(keys, batch, parent, connector, member, place))
            return false;
        index = *place;
        keys->keys[keys->last].next = index;
    }
    keys->last = index;
    *ret_path = (struct json_path){keys->keys[index].text, index};
    return true;
}
