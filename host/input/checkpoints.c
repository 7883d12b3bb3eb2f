#include "input/checkpoints.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "base/clock.h"
#include "base/filesystem.h"
#include "base/folders.h"
#include "base/mem.h"
#include "base/thread.h"
#include "event/batch.h"
#include "input/checkpoints_private.h"

void checkpoint_encode_now(const struct checkpoint *checkpoint, struct buf *value,
    uint64_t (*position)(const struct checkpoint *checkpoint, uint32_t lane))
{
    struct checkpoint_record record = {
        .path = {checkpoint->path, strlen(checkpoint->path)},
        .print = checkpoint->print,
        .born_ns = checkpoint->born_ns,
        .saved_s = clock_wall_ns() / NS_PER_S,
        .n_lanes = checkpoint->n_lanes,
    };

    for (uint32_t i = 0; i < checkpoint->n_lanes; i++) {
        record.lanes[i] = (struct weir_str){checkpoint->lanes[i], strlen(checkpoint->lanes[i])};
        record.positions[i] = position(checkpoint, i);
    }
    checkpoint_encode(&record, value);
}

void checkpoint_put_positions(const struct checkpoint *checkpoint, struct checkpoint_set *set)
{
    struct buf *value = checkpoint_set_put(set, &checkpoint->key);

    if (!checkpoint->forgotten)
        checkpoint_encode_now(checkpoint, value, chain_secured);
}

void checkpoint_take_positions(struct checkpoint *checkpoint, struct checkpoint_set *set)
{
    list_remove(&checkpoint->dirty);
    checkpoint_put_positions(checkpoint, set);
}

/* The writer cannot say so itself. Under the lock. */
static void tell_if_hanging(struct checkpoints *self)
{
    uint64_t now_ns, suppressed;

    if (!self->busy || (now_ns = clock_now_ns()) < self->begun_ns + CHECKPOINTS_HANG_NS)
        return;
    if (log_limit_pass(&self->hang_notice, now_ns, &suppressed))
        log_error("checkpoints have not been written for a while: the disk hangs; after a crash "
                  "more is read again",
            LOG_STR("folder", self->folder),
            LOG_INT("seconds", (now_ns - self->begun_ns) / NS_PER_S),
            LOG_INT("left_out", suppressed));
}

/* Marks it for writing; under the lock. */
static void mark_dirty(struct checkpoint *checkpoint)
{
    struct checkpoints *self = checkpoint->owner;

    tell_if_hanging(self);
    if (checkpoint->superseded || list_linked(&checkpoint->dirty))
        return;
    if (list_empty(&self->dirty)) {
        self->first_dirty_ns = clock_now_ns();
        pthread_cond_signal(&self->work);
    }
    list_append(&self->dirty, &checkpoint->dirty);
}

void checkpoint_touch(struct checkpoint *checkpoint)
{
    struct checkpoints *self = checkpoint->owner;
    uint64_t position;

    pthread_mutex_lock(&self->lock);
    position = ack_position_min(checkpoint->source);
    if (position > checkpoint->noted) {
        self->grown_bytes += position - checkpoint->noted;
        checkpoint->noted = position;
    }
    mark_dirty(chain_newest(checkpoint));
    if (self->grown_bytes >= CHECKPOINTS_BYTES)
        pthread_cond_signal(&self->work);
    pthread_mutex_unlock(&self->lock);
}

void checkpoint_describe(
    struct checkpoint *checkpoint, const char *path, const struct fingerprint *print)
{
    struct checkpoints *self = checkpoint->owner;

    pthread_mutex_lock(&self->lock);
    if (strcmp(path, checkpoint->path) != 0) {
        free(checkpoint->path);
        checkpoint->path = mem_strdup(path);
    }
    checkpoint->print = *print;
    if (!checkpoint->newer)
        mark_dirty(checkpoint);
    pthread_mutex_unlock(&self->lock);
}

struct checkpoint *checkpoints_find_open(
    struct checkpoints *checkpoints, const struct checkpoint_key *key)
{
    struct checkpoint *checkpoint;

    MAP_EACH_OF(checkpoint, &checkpoints->open, checkpoint_key_hash(key), by_key)
    {
        if (checkpoint_key_equal(&checkpoint->key, key))
            return checkpoint;
    }
    return NULL;
}

/* It and those before it are written no more; those that are closed go. */
static void supersede(struct checkpoint *checkpoint)
{
    while (checkpoint) {
        struct checkpoint *older = checkpoint->older;

        checkpoint->superseded = true;
        checkpoint->older = checkpoint->newer = NULL;
        if (checkpoint->frozen)
            checkpoint_destroy(checkpoint);
        checkpoint = older;
    }
}

/* The new one takes the place of what is open with its key. */
static void take_place(struct checkpoint *checkpoint, bool continues)
{
    struct checkpoints *self = checkpoint->owner;
    struct checkpoint *older = checkpoints_find_open(self, &checkpoint->key);

    if (older) {
        map_remove(&self->open, &older->by_key);
        list_remove(&older->dirty);
    }
    if (older && continues)
        chain_continue(older, checkpoint);
    else
        supersede(older);
    map_put(&self->open, &checkpoint->by_key, checkpoint_key_hash(&checkpoint->key));
}

/* Whether the file is found by what is in the store already. */
static bool is_stored(struct checkpoints *checkpoints, const struct checkpoint_spec *spec)
{
    SCOPED_BUF struct buf value = {0};
    struct checkpoint_record record;

    return !checkpoint_store_get(&checkpoints->store, &spec->key, &value) &&
           checkpoint_decode(value.data, value.size, &record) &&
           str_equal(record.path, str_of(spec->path));
}

static struct checkpoint *new_checkpoint(
    struct checkpoints *checkpoints, const struct checkpoint_spec *spec)
{
    struct checkpoint *checkpoint = mem_zalloc(sizeof *checkpoint);

    checkpoint->owner = checkpoints;
    checkpoint->key = spec->key;
    checkpoint->path = mem_strdup(spec->path);
    checkpoint->print = spec->print;
    checkpoint->born_ns = spec->born_ns;
    checkpoint->n_lanes = spec->n_lanes;
    checkpoint->lanes = mem_calloc(spec->n_lanes, sizeof(char *));
    for (uint32_t i = 0; i < spec->n_lanes; i++)
        checkpoint->lanes[i] = mem_strdup(spec->lanes[i]);
    checkpoint->source = spec->source;
    checkpoint->noted = ack_position_min(spec->source);
    return checkpoint;
}

struct checkpoint *checkpoint_open(
    struct checkpoints *checkpoints, const struct checkpoint_spec *spec)
{
    struct checkpoint *checkpoint = new_checkpoint(checkpoints, spec);
    bool stored = spec->continues && is_stored(checkpoints, spec);

    pthread_mutex_lock(&checkpoints->lock);
    take_place(checkpoint, spec->continues);
    checkpoint->noted_by = stored ? 0 : checkpoints->n_rounds + checkpoints->busy + 1;
    checkpoints->now = true;
    mark_dirty(checkpoint);
    pthread_cond_signal(&checkpoints->work);
    pthread_mutex_unlock(&checkpoints->lock);
    return checkpoint;
}

bool checkpoint_is_noted(struct checkpoint *checkpoint)
{
    struct checkpoints *self = checkpoint->owner;
    bool noted;

    pthread_mutex_lock(&self->lock);
    noted = self->n_rounds >= checkpoint->noted_by;
    pthread_mutex_unlock(&self->lock);
    return noted;
}

void checkpoint_forget(struct checkpoint *checkpoint)
{
    struct checkpoints *self = checkpoint->owner;

    pthread_mutex_lock(&self->lock);
    checkpoint->forgotten = true;
    mark_dirty(checkpoint); /* wakes the writer, if it need be */
    pthread_mutex_unlock(&self->lock);
}

void checkpoint_destroy(struct checkpoint *checkpoint)
{
    for (uint32_t i = 0; i < checkpoint->n_lanes; i++)
        free(checkpoint->lanes[i]);
    free((void *)checkpoint->lanes);
    free(checkpoint->frozen);
    free(checkpoint->path);
    free(checkpoint);
}

/* Under the lock. When no generation is open any more the last positions are written;
 * before, the newest goes on, with what has become of the others. */
static void close_chain(struct checkpoint *checkpoint)
{
    struct checkpoint *newest = chain_newest(checkpoint);
    struct checkpoints *self = checkpoint->owner;
    bool changed = newest != checkpoint || newest->older || list_linked(&newest->dirty);

    chain_freeze(checkpoint);
    if (!chain_prune(newest)) {
        mark_dirty(newest);
        return;
    }
    if (changed) {
        checkpoint_take_positions(newest, &self->pending);
        pthread_cond_signal(&self->work);
    }
    map_remove(&self->open, &newest->by_key);
    supersede(newest);
}

void checkpoint_close(struct checkpoint *checkpoint)
{
    struct checkpoints *self;

    if (!checkpoint)
        return;
    self = checkpoint->owner;
    pthread_mutex_lock(&self->lock);
    if (checkpoint->superseded)
        checkpoint_destroy(checkpoint);
    else
        close_chain(checkpoint);
    pthread_mutex_unlock(&self->lock);
}

const char *checkpoints_folder(const struct checkpoints *checkpoints)
{
    return checkpoints->folder;
}

/* A damaged environment is kept for whoever wants to look at it. */
static int begin_anew(struct checkpoints *self, int error)
{
    SCOPED_FREE char *aside =
        mem_printf("%s.bad-%llu", self->folder, (unsigned long long)(clock_wall_ns() / NS_PER_MS));
    int r;

    log_error("checkpoints are damaged and begun anew: files are read from their start",
        LOG_STR("folder", self->folder), LOG_STR("kept_as", aside),
        LOG_STR("error", mdb_strerror(error)));
    if (rename(self->folder, aside) < 0)
        return errno;
    r = -folder_make(self->folder, 0700);
    return r ? r : checkpoint_store_open(&self->store, self->folder);
}

static int open_store(struct checkpoints *self)
{
    int r = -folder_make(self->folder, 0700);

    if (r)
        return r;
    r = checkpoint_store_open(&self->store, self->folder);
    return r && checkpoint_store_is_damage(r) ? begin_anew(self, r) : r;
}

static void init_locks(struct checkpoints *self)
{
    thread_cond_init(&self->work);
    thread_cond_init(&self->written);
    pthread_mutex_init(&self->lock, NULL);
}

static void destroy(struct checkpoints *self)
{
    checkpoint_store_close(&self->store);
    pthread_mutex_destroy(&self->lock);
    pthread_cond_destroy(&self->work);
    pthread_cond_destroy(&self->written);
    checkpoint_set_finish(&self->pending);
    map_finish(&self->open);
    free(self->folder);
    free(self);
}

struct checkpoints *checkpoints_open(const char *folder, char *why, size_t why_max)
{
    struct checkpoints *self;
    int r;

    if (filesystem_check_store(folder, "checkpoints are", why, why_max))
        return NULL;
    self = mem_zalloc(sizeof *self);
    self->folder = mem_strdup(folder);
    self->complaints.interval_ns = self->hang_notice.interval_ns = 10 * NS_PER_S;
    self->damage_notice.interval_ns = 10 * NS_PER_S;
    init_locks(self);
    list_init(&self->dirty);
    checkpoint_set_init(&self->pending);
    checkpoint_set_init(&self->writing);
    r = open_store(self);
    if (!r)
        r = thread_start(&self->writer, checkpoints_write_loop, self);
    if (r) {
        snprintf(why, why_max, "checkpoints in %s: %s", folder, mdb_strerror(r));
        destroy(self);
        return NULL;
    }
    return self;
}

/* False when the disk hangs. The writer says that it ends before it is joined: of a join with
 * a deadline ThreadSanitizer sees nothing. */
static bool join_writer(struct checkpoints *self)
{
    uint64_t until_ns = clock_now_ns() + CHECKPOINTS_CLOSE_NS;
    bool ended;

    pthread_mutex_lock(&self->lock);
    while (!self->ended && thread_wait_until(&self->written, &self->lock, until_ns))
        ;
    ended = self->ended;
    pthread_mutex_unlock(&self->lock);
    if (ended)
        return !pthread_join(self->writer, NULL);
    log_error("checkpoints cannot be written in time; at the next start more is read again",
        LOG_STR("folder", self->folder));
    return false;
}

bool checkpoints_end(struct checkpoints *checkpoints)
{
    if (!checkpoints)
        return true;
    pthread_mutex_lock(&checkpoints->lock);
    checkpoints->stopping = true;
    pthread_cond_signal(&checkpoints->work);
    pthread_mutex_unlock(&checkpoints->lock);
    return join_writer(checkpoints);
}

void checkpoints_close(struct checkpoints *checkpoints)
{
    if (checkpoints_end(checkpoints) && checkpoints && !checkpoints->open.count)
        destroy(checkpoints);
}
