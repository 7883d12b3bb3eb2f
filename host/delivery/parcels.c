#include "delivery/parcels.h"

#include <pthread.h>
#include "base/mem.h"

struct parcels {
    pthread_mutex_t lock;
    struct list kept;
    unsigned n_kept;
};

struct parcels *parcels_create(void)
{
    struct parcels *parcels = mem_zalloc(sizeof *parcels);

    pthread_mutex_init(&parcels->lock, NULL);
    list_init(&parcels->kept);
    return parcels;
}

void parcels_destroy(struct parcels *parcels)
{
    struct parcel *parcel;

    if (!parcels)
        return;
    LIST_EACH (parcel, &parcels->kept, list) {
        free(parcel);
    }
    pthread_mutex_destroy(&parcels->lock);
    free(parcels);
}

static struct parcel *take_kept(struct parcels *parcels)
{
    struct parcel *parcel;

    pthread_mutex_lock(&parcels->lock);
    parcel = list_first(&parcels->kept, struct parcel, list);
    if (parcel) {
        list_remove(&parcel->list);
        parcels->n_kept--;
    }
    pthread_mutex_unlock(&parcels->lock);
    return parcel;
}

struct parcel *parcels_get(struct parcels *parcels)
{
    struct parcel *parcel = parcels ? take_kept(parcels) : NULL;

    return parcel ? parcel : mem_zalloc(sizeof *parcel);
}

static bool keep(struct parcels *parcels, struct parcel *parcel)
{
    bool keep;

    pthread_mutex_lock(&parcels->lock);
    keep = parcels->n_kept < PARCELS_KEPT_MAX;
    if (keep) {
        list_prepend(&parcels->kept, &parcel->list); /* the one that is still in a cache */
        parcels->n_kept++;
    }
    pthread_mutex_unlock(&parcels->lock);
    return keep;
}

void parcels_put(struct parcels *parcels, struct parcel *parcel)
{
    parcel_clear(parcel);
    if (!parcels || !keep(parcels, parcel))
        free(parcel);
}
