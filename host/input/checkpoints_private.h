/* Private to checkpoints: the files that are open, and the thread that writes. */
#ifndef INPUT_CHECKPOINTS_PRIVATE_H
#define INPUT_CHECKPOINTS_PRIVATE_H

#include <pthread.h>
#include "base/log.h"
#include "input/checkpoint_set.h"
#include "input/checkpoint_store.h"
#include "input/checkpoints.h"

struct checkpoint {
    struct checkpoints *owner;
    struct map_item by_key;
    struct list dirty; /* linked: its positions have grown since they were taken */
    struct checkpoint_key key;
    char *path;
    struct fingerprint print;
    uint64_t born_ns;
    char **lanes;
    uint32_t n_lanes;
    struct ack_source *source;
    uint64_t noted_by; /* the round of writing that puts it into the store */
    uint64_t noted;    /* the smallest position when it was last looked at */
    bool superseded;   /* another has taken its key and does not continue it */
    bool forgotten;    /* closing it takes it out of the store */

    /* The generations of one file: a newer one continues the older. */
    struct checkpoint *older, *newer;
    uint64_t *frozen;   /* positions when it was closed; NULL: it is not */
    uint64_t unsecured; /* lanes that were not, then */
    uint64_t covered;   /* lanes for which the newer one reads again what was given back */
};

struct checkpoints {
    char *folder;
    struct checkpoint_store store;
    pthread_t writer;
    struct log_limit complaints; /* the writer's */

    pthread_mutex_t lock; /* of all below; taken before a source's lock */
    pthread_cond_t work, written;
    struct map open;               /* checkpoints by key */
    struct list dirty;             /* of them */
    struct checkpoint_set pending; /* of those that were closed */
    struct checkpoint_set writing; /* what the writer has in hand */
    uint64_t grown_bytes;          /* secured since the last write */
    uint64_t first_dirty_ns;
    bool now;                   /* write what there is without waiting for more */
    bool stopping, busy, ended; /* the last: the writer has left its loop */
    uint64_t n_rounds;          /* of writing */
    uint64_t begun_ns;          /* when the one that is `busy` was begun */
    struct log_limit hang_notice, damage_notice;
};

/* The writer's thread; `argument` is the struct checkpoints. */
void *checkpoints_write_loop(void *argument);

/* checkpoint_chain.c; all under the lock. Where a lane is over all generations: secured;
 * to go on reading. `newest` is the newest. */
uint64_t chain_secured(const struct checkpoint *newest, uint32_t lane);
uint64_t chain_resume(const struct checkpoint *newest, uint32_t lane);
struct checkpoint *chain_newest(struct checkpoint *checkpoint);
/* `newest` begins where chain_resume said. */
void chain_continue(struct checkpoint *older, struct checkpoint *newest);
/* Its source goes. */
void chain_freeze(struct checkpoint *checkpoint);
/* Frees those that matter no more, of the older ones; whether none is open still,
 * `newest` included. */
bool chain_prune(struct checkpoint *newest);
void checkpoint_destroy(struct checkpoint *checkpoint);

/* Under the lock. Whether something is to be written that the writer has not taken. */
bool checkpoints_have_work(const struct checkpoints *self);
/* The positions of now, secured, into `set`; the second: it is not dirty any more. */
void checkpoint_put_positions(const struct checkpoint *checkpoint, struct checkpoint_set *set);
void checkpoint_take_positions(struct checkpoint *checkpoint, struct checkpoint_set *set);
void checkpoint_encode_now(const struct checkpoint *checkpoint, struct buf *value,
    uint64_t (*position)(const struct checkpoint *checkpoint, uint32_t lane));
/* The newest generation; NULL: it is not open. */
struct checkpoint *checkpoints_find_open(
    struct checkpoints *checkpoints, const struct checkpoint_key *key);

#endif
