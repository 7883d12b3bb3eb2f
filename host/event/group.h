/*
 * The log group: sealed logs, shared by reference count, never changed again. Its
 * first member is what flushers see, so handing it over converts nothing. A group
 * holds the blocks its slices lie in and, once per lane, the ranges its logs came
 * from.
 */
#ifndef EVENT_GROUP_H
#define EVENT_GROUP_H

#include <weir/batch.h>
#include "event/batch.h"

struct group {
    struct weir_group view; /* first */
    atomic_uint refs;
    uint64_t lanes; /* the lanes it is for */
    /* What it counts for in a queue: the memory that it keeps, of what it shares with
     * other groups as much as it has of the logs. */
    size_t held_bytes;
    uint64_t sealed_ns;
    /* Private. */
    struct arena arena; /* this struct lies in it, too */
    struct block **blocks;
    uint32_t n_blocks;
    struct range **ranges;
    uint32_t n_ranges;
};

/* [any] */
struct group *group_ref(struct group *group);
void group_unref(struct group *group);
/* A lane is done with it: its hold on the ranges ends. Once for each lane of
 * `lanes`; does not touch the reference count. [any] */
void group_release(struct group *group, uint32_t lane);
/* The lane gives up without having settled it: its source will be read again. [any] */
void group_give_back(struct group *group, uint32_t lane);

/* A group being filled. Belongs to one aggregator. */
struct group_builder;

/* `max_logs` is the most logs it will be given. */
struct group_builder *group_open(struct memory *memory, uint32_t max_logs);

uint32_t group_builder_logs(const struct group_builder *builder);
/* Upstream's size estimate: the sum over logs of 6 + sum over contents of (5 + key + value). */
size_t group_builder_bytes(const struct group_builder *builder);

/* Adds logs [first, first + count) of a batch; the group then holds the batch's
 * blocks and range. `copy`: the slices are copied into the group instead and the
 * blocks are not held (worth it when little of them is still in use). */
void group_add(
    struct group_builder *builder, struct batch *batch, uint32_t first, uint32_t count, bool copy);

/* The same, up to the first log with which the estimate would exceed `max_bytes`; an
 * empty group takes one log of any size. Returns how many it took. */
uint32_t group_add_fitting(struct group_builder *builder, struct batch *batch, uint32_t first,
    uint32_t count, size_t max_bytes, bool copy);

/* What the group says of itself; all is copied. */
struct group_facts {
    const struct weir_kv *tags;
    uint32_t n_tags;
    struct weir_str topic, category, source, machine_uuid;
};
/* Ends the filling; reference count 1. `lanes` as in the batches it was given. */
struct group *group_seal(struct group_builder *builder, const struct group_facts *facts);

/* The size estimate of one log. */
size_t log_estimate(const struct weir_log *log);

#endif
