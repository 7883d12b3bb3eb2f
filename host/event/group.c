#include "event/group.h"

#include <assert.h>
#include "base/clock.h"
#include "base/util.h"

#define GROUP_ARENA_BLOCK (4 * KIB)
#define FIRST_LOGS 32U      /* room in a new group; doubles as needed */
#define REMEMBERED_KEYS 16U /* keys, by position, that copying does not copy again */

struct group_builder {
    struct group group; /* first: it becomes the group */
    struct weir_log *logs;
    uint32_t cap_logs, max_logs, cap_blocks, cap_ranges;
    size_t estimate; /* upstream's size estimate */
    struct {
        const char *from;
        struct weir_str copy;
    } keys[REMEMBERED_KEYS];
};

struct group *group_ref(struct group *group)
{
    atomic_fetch_add_explicit(&group->refs, 1, memory_order_relaxed);
    return group;
}

static void free_group(struct group *group)
{
    struct arena arena = group->arena; /* the group lies in it */

    for (uint32_t i = 0; i < group->n_blocks; i++)
        block_unref(group->blocks[i]);
    arena_finish(&arena);
}

void group_unref(struct group *group)
{
    if (group && atomic_fetch_sub_explicit(&group->refs, 1, memory_order_acq_rel) == 1)
        free_group(group);
}

void group_release(struct group *group, uint32_t lane)
{
    for (uint32_t i = 0; i < group->n_ranges; i++)
        range_release(group->ranges[i], 1ULL << lane);
}

void group_give_back(struct group *group, uint32_t lane)
{
    for (uint32_t i = 0; i < group->n_ranges; i++)
        range_abandon(group->ranges[i], 1ULL << lane);
}

struct group_builder *group_open(struct memory *memory, uint32_t max_logs)
{
    struct arena arena;
    struct group_builder *builder;

    arena_init(&arena, memory, GROUP_ARENA_BLOCK);
    builder = arena_alloc(&arena, sizeof *builder);
    *builder = (struct group_builder){.max_logs = max_logs};
    atomic_init(&builder->group.refs, 1);
    builder->group.arena = arena;
    return builder;
}

uint32_t group_builder_logs(const struct group_builder *builder)
{
    return builder->group.view.n_logs;
}

size_t group_builder_bytes(const struct group_builder *builder)
{
    return builder->estimate;
}

size_t log_estimate(const struct weir_log *log)
{
    size_t size = 6;

    for (uint32_t i = 0; i < log->n_contents; i++)
        size += 5 + log->contents[i].key.size + log->contents[i].value.size;
    return size;
}

/* A larger copy, in the arena, of an array of pointers. */
static void *grow_pointers(
    struct arena *arena, const void *array, uint32_t count, uint32_t *capacity)
{
    void *larger;

    *capacity = *capacity ? 2 * *capacity : 4;
    larger = arena_alloc(arena, *capacity * sizeof(void *));
    if (count)
        memcpy(larger, array, count * sizeof(void *));
    return larger;
}

static void hold_block(struct group_builder *builder, struct block *block)
{
    struct group *group = &builder->group;

    for (uint32_t i = group->n_blocks; i > 0; i--)
        if (group->blocks[i - 1] == block)
            return;
    if (group->n_blocks == builder->cap_blocks)
        group->blocks = (struct block **)grow_pointers(
            &group->arena, (void *)group->blocks, group->n_blocks, &builder->cap_blocks);
    group->blocks[group->n_blocks++] = block_ref(block);
}

static size_t arena_bytes(const struct arena *arena)
{
    size_t bytes = 0;

    for (const struct block *block = arena->blocks; block; block = block->next)
        bytes += block->size;
    return bytes;
}

/* What `count` of a batch's logs keep of its memory. */
static size_t share_of(const struct batch *batch, uint32_t count)
{
    size_t bytes = arena_bytes(&batch->arena);

    for (uint32_t i = 0; i < batch->n_blocks; i++)
        bytes += batch->blocks[i]->size;
    return (size_t)((double)bytes * count / batch->n_logs);
}

static void hold_blocks(struct group_builder *builder, const struct batch *batch, uint32_t count)
{
    builder->group.held_bytes += share_of(batch, count);
    for (uint32_t i = 0; i < batch->n_blocks; i++)
        hold_block(builder, batch->blocks[i]);
    for (struct block *block = batch->arena.blocks; block; block = block->next)
        hold_block(builder, block);
}

static void hold_range(struct group_builder *builder, struct range *range)
{
    struct group *group = &builder->group;

    if (!range || (group->n_ranges && group->ranges[group->n_ranges - 1] == range))
        return;
    if (group->n_ranges == builder->cap_ranges)
        group->ranges = (struct range **)grow_pointers(
            &group->arena, (void *)group->ranges, group->n_ranges, &builder->cap_ranges);
    range_hold(range, group->lanes);
    group->ranges[group->n_ranges++] = range;
}

static struct weir_log *reserve_logs(struct group_builder *builder, uint32_t count)
{
    uint32_t n_logs = builder->group.view.n_logs;

    if (builder->cap_logs - n_logs < count) {
        uint32_t capacity = MAX(MAX(2 * builder->cap_logs, FIRST_LOGS), n_logs + count);
        struct weir_log *logs;

        capacity = MAX(MIN(capacity, builder->max_logs), n_logs + count);
        logs = arena_alloc(&builder->group.arena, capacity * sizeof *logs);
        if (n_logs)
            memcpy(logs, builder->logs, n_logs * sizeof *logs);
        builder->logs = logs;
        builder->cap_logs = capacity;
    }
    return builder->logs + n_logs;
}

/* Keys repeat from log to log at the same position: each is copied once. */
static struct weir_str copy_key(struct group_builder *builder, uint32_t i, struct weir_str key)
{
    if (i >= REMEMBERED_KEYS)
        return arena_copy(&builder->group.arena, key);
    if (builder->keys[i].from != key.data || builder->keys[i].copy.size != key.size ||
        memcmp(builder->keys[i].copy.data, key.data, key.size) != 0) {
        builder->keys[i].from = key.data;
        builder->keys[i].copy = arena_copy(&builder->group.arena, key);
    }
    return builder->keys[i].copy;
}

static void copy_contents(struct group_builder *builder, struct weir_log *log)
{
    struct weir_kv *contents =
        arena_alloc(&builder->group.arena, log->n_contents * sizeof *contents);

    for (uint32_t i = 0; i < log->n_contents; i++) {
        contents[i].key = copy_key(builder, i, log->contents[i].key);
        contents[i].value = arena_copy(&builder->group.arena, log->contents[i].value);
    }
    log->contents = contents;
}

/* Takes over one log that lies in the builder already. */
static void count_log(struct group_builder *builder, struct weir_log *log, size_t estimate)
{
    struct group *group = &builder->group;

    log->reserved = 0;
    builder->estimate += estimate;
    group->view.n_logs++;
    group->view.bytes += estimate - 6 - 5 * (size_t)log->n_contents;
}

uint32_t group_add_fitting(struct group_builder *builder, struct batch *batch, uint32_t first,
    uint32_t count, size_t max_bytes, bool copy)
{
    struct group *group = &builder->group;
    struct weir_log *logs = reserve_logs(builder, count);
    uint32_t added = 0;

    assert(!group->view.n_logs || group->lanes == batch->lanes);
    group->lanes = batch->lanes;
    for (; added < count; added++) {
        const struct weir_log *log = &batch->logs[first + added];
        size_t estimate = log_estimate(log);

        if (estimate + builder->estimate > max_bytes && group->view.n_logs)
            break;
        logs[added] = *log;
        count_log(builder, &logs[added], estimate);
        if (copy)
            copy_contents(builder, &logs[added]);
    }
    if (!added)
        return 0;
    if (!copy)
        hold_blocks(builder, batch, added);
    hold_range(builder, batch->range);
    return added;
}

void group_add(
    struct group_builder *builder, struct batch *batch, uint32_t first, uint32_t count, bool copy)
{
    group_add_fitting(builder, batch, first, count, SIZE_MAX, copy);
}

struct group *group_seal(struct group_builder *builder, const struct group_facts *facts)
{
    struct group *group = &builder->group;
    struct arena *arena = &group->arena;
    struct weir_group *view = &group->view;
    struct weir_kv *tags = arena_alloc(arena, facts->n_tags * sizeof *tags);

    for (uint32_t i = 0; i < facts->n_tags; i++) {
        tags[i].key = arena_copy(arena, facts->tags[i].key);
        tags[i].value = arena_copy(arena, facts->tags[i].value);
    }
    view->struct_size = sizeof *view;
    view->log_stride = sizeof(struct weir_log);
    view->logs = builder->logs;
    view->tags = tags;
    view->n_tags = facts->n_tags;
    view->topic = arena_copy(arena, facts->topic);
    view->category = arena_copy(arena, facts->category);
    view->source = arena_copy(arena, facts->source);
    view->machine_uuid = arena_copy(arena, facts->machine_uuid);
    group->held_bytes += arena_bytes(arena);
    group->sealed_ns = clock_now_ns();
    return group;
}
