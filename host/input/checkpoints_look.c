/* What is known of files: in the store, and, newer, in memory. The writer is never waited for,
 * since a disk may hang. */
#include <string.h>
#include "input/checkpoints_private.h"

/* What has not been written yet; under the lock. */
static bool find_unwritten(
    struct checkpoints *self, const struct checkpoint_key *key, struct buf *value)
{
    const struct checkpoint *open = checkpoints_find_open(self, key);
    const struct checkpoint_value *pending = checkpoint_set_find(&self->pending, key);

    if (!pending)
        pending = checkpoint_set_find(&self->writing, key);
    if (open)
        checkpoint_encode_now(open, value, chain_resume);
    else if (pending)
        buf_append(value, pending->value.data, pending->value.size);
    return open || pending;
}

bool checkpoints_find(struct checkpoints *checkpoints, const struct checkpoint_key *key,
    struct buf *value, struct checkpoint_record *ret_record)
{
    bool found;

    value->size = 0;
    pthread_mutex_lock(&checkpoints->lock);
    found = find_unwritten(checkpoints, key, value);
    pthread_mutex_unlock(&checkpoints->lock);
    if (!found)
        found = checkpoint_store_get(&checkpoints->store, key, value);
    return found && checkpoint_decode(value->data, value->size, ret_record);
}

struct look {
    const uint64_t *reader;
    struct checkpoint_set unwritten; /* of it: what the store will say */
    void (*visit)(
        void *context, const struct checkpoint_key *key, const struct checkpoint_record *record);
    void *context;
};

static bool is_wanted(const struct look *look, const struct checkpoint_key *key)
{
    return !memcmp(key->reader, look->reader, sizeof key->reader);
}

static void take_values(struct look *look, const struct checkpoint_set *from)
{
    const struct checkpoint_value *item;

    LIST_EACH (item, &from->values, link) {
        if (is_wanted(look, &item->key))
            buf_append(checkpoint_set_put(&look->unwritten, &item->key), item->value.data,
                item->value.size);
    }
}

/* The newest last, which holds. */
static void take_unwritten(struct look *look, struct checkpoints *self)
{
    const struct checkpoint *open;

    pthread_mutex_lock(&self->lock);
    take_values(look, &self->writing);
    take_values(look, &self->pending);
    LIST_EACH (open, &self->dirty, dirty) {
        if (is_wanted(look, &open->key))
            checkpoint_put_positions(open, &look->unwritten);
    }
    pthread_mutex_unlock(&self->lock);
}

static void visit_stored(
    void *context, const struct checkpoint_key *key, const struct checkpoint_record *record)
{
    const struct look *look = context;

    if (!checkpoint_set_find(&look->unwritten, key))
        look->visit(look->context, key, record);
}

static void visit_unwritten(const struct look *look)
{
    const struct checkpoint_value *item;
    struct checkpoint_record record;

    LIST_EACH (item, &look->unwritten.values, link) {
        if (checkpoint_decode(item->value.data, item->value.size, &record))
            look->visit(look->context, &item->key, &record);
    }
}

void checkpoints_each(struct checkpoints *checkpoints, const char *pipeline, const char *input,
    void (*visit)(
        void *context, const struct checkpoint_key *key, const struct checkpoint_record *record),
    void *context)
{
    struct checkpoint_key key = checkpoint_key_of(pipeline, input, 0, 0);
    struct look look = {.reader = key.reader, .visit = visit, .context = context};

    checkpoint_set_init(&look.unwritten);
    take_unwritten(&look, checkpoints);
    checkpoint_store_each(&checkpoints->store, key.reader, visit_stored, &look);
    visit_unwritten(&look);
    checkpoint_set_finish(&look.unwritten);
}
