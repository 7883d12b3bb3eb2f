#include <string.h>
#include "event/memory.h"

void arena_init(struct arena *arena, struct memory *memory, size_t block_size)
{
    *arena = (struct arena){.memory = memory, .block_size = block_size};
}

void arena_finish(struct arena *arena)
{
    struct block *block = arena->blocks;

    /* The struct itself may lie in one of its blocks. */
    *arena = (struct arena){0};
    while (block) {
        struct block *next = block->next;

        block_unref(block);
        block = next;
    }
}

static struct block *add_block(struct arena *arena, size_t size)
{
    struct block *block = block_get(arena->memory, size);

    block->next = arena->blocks;
    arena->blocks = block;
    return block;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size_t rounded = (size + 7) & ~(size_t)7;
    struct block *block;
    void *memory;

    if ((size_t)(arena->end - arena->at) >= rounded) {
        memory = arena->at;
        arena->at += rounded;
        return memory;
    }
    if (rounded > arena->block_size / 4) /* a block of its own; the current one stays open */
        return add_block(arena, rounded)->data;
    block = add_block(arena, arena->block_size);
    arena->at = block->data + rounded;
    arena->end = block->data + block->size;
    return block->data;
}

struct weir_str arena_copy(struct arena *arena, struct weir_str text)
{
    char *copy;

    if (!text.size)
        return (struct weir_str){"", 0};
    copy = arena_alloc(arena, text.size);
    memcpy(copy, text.data, text.size);
    return (struct weir_str){copy, text.size};
}
