/* What is known of files: in the store, and, newer, in memory. The writer is never waited for,
 * since a disk may hang. */
#include <errno.h>
#include <string.h>
#include "base/clock.h"
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

/* Of a result of the store that is not MDB_NOTFOUND. */
static int told(struct checkpoints *self, int error)
{
    uint64_t suppressed;

    if (!error)
        return 0;
    if (!checkpoint_store_is_damage(error))
        return error > 0 ? -error : -EIO;
    pthread_mutex_lock(&self->lock);
    if (log_limit_pass(&self->damage_notice, clock_now_ns(), &suppressed))
        log_error("checkpoints are damaged; files that are found now are read as new ones",
            LOG_STR("folder", self->folder), LOG_STR("error", mdb_strerror(error)),
            LOG_INT("left_out", suppressed));
    pthread_mutex_unlock(&self->lock);
    return CHECKPOINTS_E_UNKNOWN;
}

static int find_stored(
    struct checkpoints *self, const struct checkpoint_key *key, struct buf *value)
{
    int r = checkpoint_store_get(&self->store, key, value);

    return r == MDB_NOTFOUND ? CHECKPOINTS_E_UNKNOWN : told(self, r);
}

int checkpoints_find(struct checkpoints *checkpoints, const struct checkpoint_key *key,
    struct buf *value, struct checkpoint_record *ret_record)
{
    bool found;
    int r = 0;

    value->size = 0;
    pthread_mutex_lock(&checkpoints->lock);
    found = find_unwritten(checkpoints, key, value);
    pthread_mutex_unlock(&checkpoints->lock);
    if (!found)
        r = find_stored(checkpoints, key, value);
    if (r)
        return r;
    return checkpoint_decode(value->data, value->size, ret_record) ? 0 : CHECKPOINTS_E_UNKNOWN;
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

int checkpoints_each(struct checkpoints *checkpoints, const char *pipeline, const char *input,
    void (*visit)(
        void *context, const struct checkpoint_key *key, const struct checkpoint_record *record),
    void *context)
{
    struct checkpoint_key key = checkpoint_key_of(pipeline, input, 0, 0);
    struct look look = {.reader = key.reader, .visit = visit, .context = context};
    int r;

    checkpoint_set_init(&look.unwritten);
    take_unwritten(&look, checkpoints);
    r = checkpoint_store_each(&checkpoints->store, key.reader, visit_stored, &look);
    visit_unwritten(&look);
    checkpoint_set_finish(&look.unwritten);
    return MIN(told(checkpoints, r), 0);
}
