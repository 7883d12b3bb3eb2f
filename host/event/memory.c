#include "event/memory.h"

#include <malloc.h>
#include <pthread.h>
#include <string.h>
#include "base/mem.h"

/* Size classes: 4 KiB, then four for each doubling (5, 6, 7, 8, 10, ... KiB) up to
 * 2 MiB, so that at most a fifth of a block is not asked for. A larger block is made to
 * measure and not recycled. */
#define CLASS_MIN_BITS 12U
#define CLASS_MAX_BITS 21U
#define N_CLASSES (4U * (CLASS_MAX_BITS - CLASS_MIN_BITS) + 1)

/* Free blocks that are kept for the next reader; bytes. */
#define MEMORY_KEEP_BYTES (32 * MIB)

/* What malloc got back lies in pieces among what is in use, and stays the process's. When
 * it got so much back, and so little is in use, it is told to give it to the system. */
#define MEMORY_TRIM_BYTES (16 * MIB)
#define MEMORY_TRIM_BELOW (4 * MIB)

struct memory {
    size_t limit;
    atomic_size_t used;       /* bytes of the blocks that are out */
    atomic_size_t given_back; /* bytes of blocks that were freed since the last trim */
    atomic_bool has_waiting;  /* spares the lock in block_unref */
    pthread_mutex_t lock;     /* of all below */
    struct block *free[N_CLASSES];
    size_t kept_bytes;
    struct list waiting; /* gates closed by memory_ask */
};

struct memory *memory_create(size_t limit_bytes)
{
    struct memory *memory = mem_zalloc(sizeof *memory);

    memory->limit = limit_bytes;
    pthread_mutex_init(&memory->lock, NULL);
    list_init(&memory->waiting);
    return memory;
}

void memory_destroy(struct memory *memory)
{
    if (!memory)
        return;
    for (size_t i = 0; i < N_CLASSES; i++)
        while (memory->free[i]) {
            struct block *block = memory->free[i];

            memory->free[i] = block->next;
            free(block);
        }
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static uint32_t class_of(size_t size)
{
    unsigned bits, quarter;

    if (size <= (size_t)1 << CLASS_MIN_BITS)
        return 0;
    if (size > (size_t)1 << CLASS_MAX_BITS)
        return N_CLASSES;
    bits = 63 - (unsigned)__builtin_clzll(size - 1); /* a power of two is the last of its four */
    quarter = (unsigned)((size - 1) >> (bits - 2)) - 4;
    return 4 * (bits - CLASS_MIN_BITS) + quarter + 1;
}

static size_t class_size(uint32_t class)
{
    return class ? (size_t)(5 + (class - 1) % 4) << (CLASS_MIN_BITS - 2 + (class - 1) / 4)
                 : (size_t)1 << CLASS_MIN_BITS;
}

static struct block *take_free(struct memory *memory, uint32_t class)
{
    struct block *block;

    pthread_mutex_lock(&memory->lock);
    block = memory->free[class];
    if (block) {
        memory->free[class] = block->next;
        memory->kept_bytes -= block->size;
    }
    pthread_mutex_unlock(&memory->lock);
    return block;
}

struct block *block_get(struct memory *memory, size_t size)
{
    uint32_t class = class_of(size);
    struct block *block = class < N_CLASSES ? take_free(memory, class) : NULL;

    if (!block) {
        size_t data_size = class < N_CLASSES ? class_size(class) : size;

        block = mem_realloc(NULL, sizeof *block + data_size, 1);
        *block = (struct block){.memory = memory, .class = class, .size = data_size};
        block->data = (char *)(block + 1);
    }
    atomic_store_explicit(&block->refs, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&memory->used, block->size, memory_order_relaxed);
    return block;
}

struct block *block_ref(struct block *block)
{
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

/* Opens the gates that wait, once a good part of the budget is free again. */
static void wake_waiting(struct memory *memory)
{
    struct gate *gate;

    pthread_mutex_lock(&memory->lock);
    while ((gate = list_first(&memory->waiting, struct gate, waiting))) {
        list_remove(&gate->waiting);
        gate_open(gate);
    }
    atomic_store(&memory->has_waiting, false);
    pthread_mutex_unlock(&memory->lock);
}

static bool keep_free(struct memory *memory, struct block *block)
{
    bool keep = false;

    if (block->class == N_CLASSES)
        return false;
    pthread_mutex_lock(&memory->lock);
    if (memory->kept_bytes + block->size <= MEMORY_KEEP_BYTES) {
        block->next = memory->free[block->class];
        memory->free[block->class] = block;
        memory->kept_bytes += block->size;
        keep = true;
    }
    pthread_mutex_unlock(&memory->lock);
    return keep;
}

static void give_back(struct memory *memory, struct block *block, size_t used)
{
    size_t given = atomic_fetch_add(&memory->given_back, block->size) + block->size;

    free(block);
    if (used >= MEMORY_TRIM_BELOW || given < MEMORY_TRIM_BYTES)
        return;
    if (atomic_exchange(&memory->given_back, 0) >= MEMORY_TRIM_BYTES)
        malloc_trim(0);
}

void block_unref(struct block *block)
{
    struct memory *memory;
    size_t used;

    if (!block || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1)
        return;
    memory = block->memory;
    used = atomic_fetch_sub(&memory->used, block->size) - block->size;
    if (!keep_free(memory, block))
        give_back(memory, block, used);
    if (atomic_load(&memory->has_waiting) && used < memory->limit - memory->limit / 8)
        wake_waiting(memory);
}

bool memory_ask(struct memory *memory, struct gate *gate)
{
    bool granted;

    if (atomic_load(&memory->used) < memory->limit)
        return true;
    pthread_mutex_lock(&memory->lock);
    atomic_store(&memory->has_waiting, true);
    granted = atomic_load(&memory->used) < memory->limit;
    if (!granted && !list_linked(&gate->waiting)) {
        gate_close(gate);
        list_append(&memory->waiting, &gate->waiting);
    }
    pthread_mutex_unlock(&memory->lock);
    return granted;
}

void memory_forget(struct memory *memory, struct gate *gate)
{
    pthread_mutex_lock(&memory->lock);
    list_remove(&gate->waiting);
    pthread_mutex_unlock(&memory->lock);
}

size_t memory_used(const struct memory *memory)
{
    return atomic_load(&memory->used);
}

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
