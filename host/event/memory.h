/*
 * The memory that flows: blocks, and the process-wide budget they are charged to.
 *
 * A block is a stretch of bytes with a reference count. Inputs read into blocks;
 * arenas are made of blocks; batches and groups hold references. Blocks are
 * recycled, so in steady state nothing is allocated. Charging happens once, when
 * a block is got; it never waits. Waiting happens at one place only, before a
 * read or an accept: memory_ask(). [any]
 */
#ifndef EVENT_MEMORY_H
#define EVENT_MEMORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/abi.h>
#include "event/gate.h"

/* What may be charged before inputs wait; bytes. */
#define MEMORY_LIMIT_DEFAULT ((size_t)256 << 20)

struct memory;

struct block {
    struct memory *memory;
    atomic_uint refs;
    uint32_t class;     /* private: size class */
    size_t size;        /* bytes of data */
    struct block *next; /* in the free list, or in the arena that owns it */
    char *data;
};

struct memory *memory_create(size_t limit_bytes);
/* No block may be out any more. */
void memory_destroy(struct memory *memory);

/* A block of at least `size` bytes, reference count 1. */
struct block *block_get(struct memory *memory, size_t size);
struct block *block_ref(struct block *block);
void block_unref(struct block *block);

/* Whether an input may go on. If not, `gate` is closed, and opened again when
 * enough has been freed. */
bool memory_ask(struct memory *memory, struct gate *gate);
/* Forgets a gate that may be waiting in here. */
void memory_forget(struct memory *memory, struct gate *gate);
size_t memory_used(const struct memory *memory);
/* What may be charged before inputs wait; 0: they do. */
size_t memory_left(const struct memory *memory);

/* Bump allocation out of blocks; everything goes at once. Not thread-safe. */
struct arena {
    struct memory *memory;
    struct block *blocks; /* a list; the arena's references */
    char *at, *end;       /* what is left of the current block */
    size_t block_size;    /* bytes of an ordinary block */
};

void arena_init(struct arena *arena, struct memory *memory, size_t block_size);
void arena_finish(struct arena *arena);
/* Memory aligned to 8 bytes, not zeroed. */
void *arena_alloc(struct arena *arena, size_t size);
struct weir_str arena_copy(struct arena *arena, struct weir_str text);

#endif
