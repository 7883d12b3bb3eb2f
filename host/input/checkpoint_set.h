/* What is to be written to the store: values by key, at most one for each, the newest.
 * Not thread-safe. */
#ifndef INPUT_CHECKPOINT_SET_H
#define INPUT_CHECKPOINT_SET_H

#include "base/list.h"
#include "base/map.h"
#include "input/checkpoint_record.h"

/* An empty value takes the key out of the store. */
struct checkpoint_value {
    struct map_item by_key;
    struct list link;
    struct checkpoint_key key;
    struct buf value;
};

struct checkpoint_set {
    struct map by_key;
    struct list values;
};

uint64_t checkpoint_key_hash(const struct checkpoint_key *key);

void checkpoint_set_init(struct checkpoint_set *set);
/* Frees what is in it; it is empty then. */
void checkpoint_set_finish(struct checkpoint_set *set);
/* NULL: none. */
struct checkpoint_value *checkpoint_set_find(
    const struct checkpoint_set *set, const struct checkpoint_key *key);
/* The value of that key, emptied or new, to be filled. */
struct buf *checkpoint_set_put(struct checkpoint_set *set, const struct checkpoint_key *key);
/* Moves all of `from` into `to`, which is empty. */
void checkpoint_set_move(struct checkpoint_set *to, struct checkpoint_set *from);
/* Moves what `to` has nothing newer for; the rest is freed. */
void checkpoint_set_put_back(struct checkpoint_set *to, struct checkpoint_set *from);

#endif
