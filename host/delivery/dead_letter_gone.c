/* Letters that are done with. The store writes acks a second later, and shows a letter until
 * then: it is neither listed nor sent again meanwhile. */
#include <string.h>
#include "base/mem.h"
#include "delivery/dead_letter_private.h"

/* Where `id` is, or belongs. Under the lock. */
static size_t place_of(const struct dead_letters *letters, uint64_t id)
{
    size_t low = 0, high = letters->n_gone;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (letters->gone[middle].id < id)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static bool is_at(const struct dead_letters *letters, size_t place, uint64_t id)
{
    return place < letters->n_gone && letters->gone[place].id == id;
}

void letter_go(struct dead_letters *letters, struct spool *store, uint64_t id)
{
    size_t place = place_of(letters, id);

    if (is_at(letters, place, id))
        return;
    spool_ack(store, id);
    MEM_GROW(letters->gone, letters->n_gone, letters->cap_gone);
    memmove(&letters->gone[place + 1], &letters->gone[place],
        (letters->n_gone - place) * sizeof *letters->gone);
    letters->gone[place] = (struct gone_letter){id, letters->gone_order++};
    letters->n_gone++;
}

bool letter_is_gone(struct dead_letters *letters, uint64_t id)
{
    bool gone;

    pthread_mutex_lock(&letters->lock);
    gone = is_at(letters, place_of(letters, id), id);
    pthread_mutex_unlock(&letters->lock);
    return gone;
}

/* The store shows them no more. Under the lock. */
static void forget_before(struct dead_letters *letters, uint64_t order)
{
    size_t n = 0;

    for (size_t i = 0; i < letters->n_gone; i++) {
        if (letters->gone[i].order >= order)
            letters->gone[n++] = letters->gone[i];
    }
    letters->n_gone = n;
}

int letters_sync(struct dead_letters *letters, struct spool *store)
{
    uint64_t order;
    int r;

    pthread_mutex_lock(&letters->lock);
    order = letters->gone_order;
    pthread_mutex_unlock(&letters->lock);
    r = spool_sync(store);
    if (r)
        return r;
    pthread_mutex_lock(&letters->lock);
    forget_before(letters, order);
    pthread_mutex_unlock(&letters->lock);
    return 0;
}
