/* What the files of the dead-letter store share: dead_letter.c (keeping), dead_letter_ops.c
 * (what an operator asks), dead_letter_replay.c. */
#ifndef DELIVERY_DEAD_LETTER_PRIVATE_H
#define DELIVERY_DEAD_LETTER_PRIVATE_H

#include <pthread.h>
#include "base/buf.h"
#include "base/list.h"
#include "base/log.h"
#include "delivery/dead_letter.h"
#include "delivery/spool.h"

/* Letters that are settled or dropped, while their acks are not written and the store
 * still shows them. Sorted by id; `order` counts all that ever came. */
struct gone_letter {
    uint64_t id, order;
};

struct dead_letters {
    char *folder;
    uint64_t max_bytes;
    struct pool *pool;
    struct turn sync;      /* writes acks, and sees that all is on the disk */
    struct memory *memory; /* for reading */
    pthread_mutex_t lock;  /* of all below */
    struct spool *store;   /* NULL: nothing was there, and nothing has been put */
    uint64_t last_id;
    struct list replays; /* letters on their way */
    struct gone_letter *gone;
    size_t n_gone, cap_gone;
    uint64_t gone_order; /* of the next */
    struct log_limit complaint;
};

/* The store, opened when it is not; NULL when it cannot be. */
struct spool *dead_letters_store(struct dead_letters *letters);
/* NULL while it is not open. */
struct spool *dead_letters_open_store(struct dead_letters *letters);
/* Soon. */
void dead_letters_sync_soon(struct dead_letters *letters);

/* The letter is done with: acks it in `store`, which is the open one. Under the lock. */
void letter_go(struct dead_letters *letters, struct spool *store, uint64_t id);
bool letter_is_gone(struct dead_letters *letters, uint64_t id);
/* Writes the acks of what is gone. 0 or SPOOL_E_FULL. */
int letters_sync(struct dead_letters *letters, struct spool *store);

/* A letter as it was read. */
struct letter {
    uint64_t id;
    struct json_object *head;
    struct block *block;
    struct weir_str group; /* the message, in the block */
};
/* The first behind `after` that is not gone; 0, SPOOL_E_END, or SPOOL_E_BAD_RECORD with id only. */
int letter_read(struct dead_letters *letters, uint64_t after, struct letter *ret);
void letter_finish(struct letter *letter);
bool letter_is_chosen(const struct letter *letter, const struct dead_letter_choice *choice);
/* A text of the head; "" when it is not there. */
const char *letter_text(const struct letter *letter, const char *key);
uint64_t letter_logs(const struct letter *letter);
/* Whether it is on its way. */
bool letter_is_replayed(struct dead_letters *letters, uint64_t id);

#endif
