/* Intrusive doubly linked ring. An item that is in no list points to itself or
 * is zeroed; list_remove tolerates both. Not thread-safe. */
#ifndef BASE_LIST_H
#define BASE_LIST_H

#include <stdbool.h>
#include "base/util.h"

struct list {
    struct list *next, *prev;
};

static inline void list_init(struct list *list)
{
    list->next = list->prev = list;
}

static inline bool list_empty(const struct list *list)
{
    return list->next == list;
}

/* Whether an item is in some list. */
static inline bool list_linked(const struct list *item)
{
    return item->next && item->next != item;
}

static inline void list_append(struct list *list, struct list *item)
{
    item->prev = list->prev;
    item->next = list;
    list->prev->next = item;
    list->prev = item;
}

static inline void list_prepend(struct list *list, struct list *item)
{
    list_append(list->next, item);
}

static inline void list_remove(struct list *item)
{
    if (!item->next)
        return;
    item->next->prev = item->prev;
    item->prev->next = item->next;
    list_init(item);
}

#define list_first(LIST, TYPE, MEMBER) \
    (list_empty(LIST) ? NULL : container_of((LIST)->next, TYPE, MEMBER))

/* ITEM may be removed inside the loop. */
#define LIST_EACH(ITEM, LIST, MEMBER) \
    for (struct list *at_ = (LIST)->next, *next_ = at_->next; \
         at_ != (LIST) && ((ITEM) = container_of(at_, __typeof__(*(ITEM)), MEMBER), 1); \
         at_ = next_, next_ = at_->next)

#endif
