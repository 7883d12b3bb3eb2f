/*
 * The collecting that all aggregators share: one open group for each source, or for
 * each route within a source, sealed when it is full, old, or nothing comes for it, and
 * then passed on.
 */
#ifndef AGGREGATE_COLLECT_H
#define AGGREGATE_COLLECT_H

#include "aggregate/aggregate.h"
#include "aggregate/complaint.h"
#include "aggregate/context.h"
#include "aggregate/route.h"
#include "base/buf.h"

/* A group holds no more than this by upstream's estimate, unless one log alone does. */
#define COLLECT_GROUP_BYTES_MAX (3 * MIB)
/* What all open groups of an aggregator may hold together before all are sealed. */
#define COLLECT_OPEN_BYTES_MAX (10 * MIB)
/* So many groups may be open; with more the oldest are sealed. */
#define COLLECT_OPEN_GROUPS_MAX 1024U

/* What an aggregator is by its options. */
struct collect_settings {
    uint32_t max_logs;     /* in a group */
    size_t max_bytes;      /* in a group, by upstream's estimate; one log may be larger */
    bool pack_ids;         /* add the tag __pack_id__ */
    bool pack_by_source;   /* numbered for each source from 1, else all together from 0 */
    struct weir_str topic; /* for groups; borrowed */
    bool topic_overrides;  /* else only for sources that have none of their own */
    size_t sources_kept;   /* sources that are remembered however old they are */
    /* What parts the logs of a source; the collector's from creation on. NULL: nothing. */
    struct router *router;
    bool across_sources; /* logs of one route go together whatever their source */
    bool drop_oversize;  /* with a router: logs over max_bytes are dropped */
};

struct collector {
    struct aggregator aggregator; /* first: a collector is the aggregator */
    struct aggregator_context context;
    struct collect_settings settings;
    uint64_t interval_ns; /* the longest a group stays open */
    struct context_table table;
    struct list open; /* contexts with an open group, oldest first */
    size_t n_open, open_bytes, open_bytes_max;
    struct parting *parting; /* with a router */
    struct buf name;         /* of the context that is looked for */
    struct complaint oversize;
    uint64_t pack_prefix;
    int64_t pack_number;
    uint64_t cleaned_ns; /* when old contexts were last dropped */
    const char *address; /* the host's */
};

struct aggregator *collector_create(const struct aggregator_class *class,
    const struct aggregator_context *context, const struct collect_settings *settings);
/* The members of an aggregator_class. */
void collector_push(struct aggregator *aggregator, struct batch *batch);
void collector_seal(struct aggregator *aggregator);
void collector_destroy(struct aggregator *aggregator);

#endif
