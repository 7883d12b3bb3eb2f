#include "delivery/lane_holds.h"

#include "delivery/lane_private.h"

struct walk {
    bool (*visit)(void *context, struct hold *hold, const struct weir_group *view);
    void *context;
};

static bool each_of_parcels(const struct list *parcels, const struct walk *walk)
{
    struct parcel *parcel;

    LIST_EACH (parcel, parcels, list) {
        if (parcel->orphan)
            continue;
        for (uint32_t i = 0; i < parcel->n_groups; i++)
            if (!walk->visit(walk->context, &parcel->holds[i], parcel->views[i]))
                return false;
    }
    return true;
}

static bool each_of_queue(const struct queue *queue, const struct walk *walk)
{
    struct hold *hold;

    for (size_t i = 0; (hold = queue_peek(queue, i)); i++)
        if (!walk->visit(walk->context, hold, &hold->group->view))
            return false;
    return true;
}

void lane_each_hold(struct lane *lane, bool flushing,
    bool (*visit)(void *context, struct hold *hold, const struct weir_group *view), void *context)
{
    const struct walk walk = {visit, context};

    (void)((!flushing || each_of_parcels(&lane->flushing, &walk)) &&
           each_of_parcels(&lane->pending, &walk) && each_of_parcels(&lane->retries, &walk) &&
           each_of_queue(&lane->queue, &walk));
}
