/*
 * What an aggregator remembers of one source, or of one route within it: its open
 * group, how long that may wait, what the group will say of itself, and the numbers of
 * its pack ids. They are kept when no group is open, so that pack ids go on.
 */
#ifndef AGGREGATE_CONTEXT_H
#define AGGREGATE_CONTEXT_H

#include "aggregate/route.h"
#include "base/list.h"
#include "base/loop.h"
#include "event/group.h"

struct collector;

struct context {
    struct context *next; /* of equal hash bucket */
    uint64_t hash;
    struct collector *collector;
    struct weir_str name; /* what the batches call the source; behind the route's key */

    struct group_builder *group; /* NULL: none open */
    struct list open;            /* among the contexts with an open group */
    struct loop_timer timer;     /* set while a group is open */
    uint64_t opened_ns, last_log_ns, last_used_ns;
    uint64_t lanes;

    /* Of the open group; owned copies: tags of the source, then of the route. The array
     * has room for one more. */
    struct weir_kv *tags;
    uint32_t n_tags, n_source_tags;
    struct weir_str topic;
    char *texts; /* what tags and topic point to */

    /* Of the route; owned copies. */
    struct weir_kv *route_tags;
    uint32_t n_route_tags;
    struct weir_str category; /* "": the pipeline's logstore */
    char *route_texts;
    uint32_t lot; /* private to parting.c */

    uint64_t pack_prefix;
    int64_t pack_number; /* of the next group */
};

/* Contexts by name. */
struct context_table {
    struct context **buckets;
    size_t n_buckets; /* a power of two, or 0 */
    size_t count;
};

/* NULL when there is none of that name. */
struct context *context_find(const struct context_table *table, struct weir_str name);
/* A new one, zeroed but for its name. */
struct context *context_add(struct context_table *table, struct weir_str name);
/* Frees all for which `drop` is true; those must have no open group. */
void context_drop_if(
    struct context_table *table, bool (*drop)(const struct context *, void *), void *argument);
/* Frees the table and what is in it. */
void context_table_finish(struct context_table *table);

/* Whether the batch describes its source as the open group does. */
bool context_same_facts(const struct context *context, const struct batch *batch);
/* Takes over what a batch says of its source; NULL: nothing is said of it. */
void context_set_facts(struct context *context, const struct batch *batch);
/* Takes over category and tags of a new context's route; before its facts. */
void context_set_route(struct context *context, const struct route *route);

#endif
