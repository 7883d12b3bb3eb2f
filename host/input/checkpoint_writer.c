#include "base/clock.h"
#include "base/thread.h"
#include "input/checkpoints_private.h"

#define CLEAN_INTERVAL_NS (3600 * NS_PER_S)
#define RETRY_NS (1 * NS_PER_S)

/* Under the lock. */
bool checkpoints_have_work(const struct checkpoints *self)
{
    return !list_empty(&self->dirty) || !list_empty(&self->pending.values);
}

static bool must_write(const struct checkpoints *self)
{
    return checkpoints_have_work(self) &&
           (self->now || self->stopping || self->grown_bytes >= CHECKPOINTS_BYTES ||
               clock_now_ns() >= self->first_dirty_ns + CHECKPOINTS_INTERVAL_NS);
}

static void wait_for_work(struct checkpoints *self)
{
    while (!self->stopping && !must_write(self)) {
        uint64_t until_ns = checkpoints_have_work(self)
                                ? self->first_dirty_ns + CHECKPOINTS_INTERVAL_NS
                                : clock_now_ns() + CLEAN_INTERVAL_NS;

        if (!thread_wait_until(&self->work, &self->lock, until_ns) && !checkpoints_have_work(self))
            return;
    }
}

/* Moves all that is to be written into `writing`. Under the lock. */
static void take_work(struct checkpoints *self)
{
    struct checkpoint *checkpoint;

    LIST_EACH (checkpoint, &self->dirty, dirty) {
        checkpoint_take_positions(checkpoint, &self->pending);
    }
    checkpoint_set_move(&self->writing, &self->pending);
    self->grown_bytes = 0;
    self->now = false;
}

/* What could not be written waits again. */
static void put_back(struct checkpoints *self)
{
    checkpoint_set_put_back(&self->pending, &self->writing);
    self->first_dirty_ns = clock_now_ns() + RETRY_NS;
}

static void complain(struct checkpoints *self, int error)
{
    uint64_t suppressed;

    if (log_limit_pass(&self->complaints, clock_now_ns(), &suppressed))
        log_error("checkpoints cannot be written; after a crash more is read again",
            LOG_STR("folder", self->folder), LOG_STR("error", mdb_strerror(error)),
            LOG_INT("left_out", suppressed));
}

/* One round: takes the work, writes it without the lock. Under the lock. */
static int write_round(struct checkpoints *self)
{
    int r;

    take_work(self);
    self->busy = true;
    self->begun_ns = clock_now_ns();
    pthread_mutex_unlock(&self->lock);
    r = checkpoint_store_restore(&self->store);
    if (!r)
        r = checkpoint_store_put(&self->store, &self->writing);
    if (r)
        complain(self, r);
    pthread_mutex_lock(&self->lock);
    if (r)
        put_back(self);
    checkpoint_set_finish(&self->writing);
    self->busy = false;
    self->n_rounds++;
    pthread_cond_broadcast(&self->written);
    return r;
}

static void clean(struct checkpoints *self)
{
    size_t removed;
    int r = checkpoint_store_clean(
        &self->store, clock_wall_ns() / NS_PER_S - CHECKPOINTS_KEEP_S, &removed);

    if (!r && removed)
        log_info("checkpoints of vanished files forgotten", LOG_INT("count", removed));
}

void *checkpoints_write_loop(void *argument)
{
    struct checkpoints *self = argument;
    uint64_t next_clean_ns = 0;

    pthread_mutex_lock(&self->lock);
    for (;;) {
        if (clock_now_ns() >= next_clean_ns && !self->stopping) {
            pthread_mutex_unlock(&self->lock);
            clean(self);
            next_clean_ns = clock_now_ns() + CLEAN_INTERVAL_NS;
            pthread_mutex_lock(&self->lock);
        }
        wait_for_work(self);
        if (checkpoints_have_work(self) && write_round(self) && self->stopping)
            break;
        if (self->stopping && !checkpoints_have_work(self))
            break;
    }
    self->ended = true;
    pthread_cond_broadcast(&self->written);
    pthread_mutex_unlock(&self->lock);
    return NULL;
}
