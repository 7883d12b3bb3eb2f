#include "event/memory.h"

#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include "base/mem.h"

/* Blocks are whole pages of slabs, apart from what malloc gives: so what they lie on can
 * be given back to the system whatever small things have come to stay meanwhile. */
#define PAGE_BYTES (4 * KIB)
#define SLAB_BYTES (4 * MIB)

/* Size classes: 1, 2, 3, 4 pages, then four for each doubling (5, 6, 7, 8, 10, ... pages)
 * up to 2 MiB, so that of a larger block at most a fifth is not asked for. A block beyond
 * that is made to measure and not recycled. */
#define CLASS_MAX_BYTES (2 * MIB)
#define N_CLASSES 32U

/* Free blocks that are kept for the next reader, beside as much as is in use; bytes. The
 * pages of more are given back. */
#define MEMORY_KEEP_BYTES (16 * MIB)

/* Gates that wait are opened when so much is free again, or an eighth of the limit: enough
 * for some reads, and little, as what others keep for long may never be freed. */
#define MEMORY_WAKE_BYTES (1 * MIB)

/* AddressSanitizer watches blocks as if malloc had given them: with a gap behind each. */
#if defined(__SANITIZE_ADDRESS__)
#define WATCHED 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WATCHED 1
#endif
#endif
#ifdef WATCHED
#include <sanitizer/asan_interface.h>
#define FORBID(AT, SIZE) __asan_poison_memory_region((AT), (SIZE))
#define ALLOW(AT, SIZE) __asan_unpoison_memory_region((AT), (SIZE))
#define GAP_BYTES PAGE_BYTES
#else
#define FORBID(AT, SIZE)
#define ALLOW(AT, SIZE)
#define GAP_BYTES 0
#endif

struct slab {
    struct slab *next;
    char *pages;                                  /* SLAB_BYTES */
    size_t used;                                  /* bytes of them, that are blocks */
    struct block blocks[SLAB_BYTES / PAGE_BYTES]; /* by their first page */
};

struct memory {
    size_t limit;
    atomic_size_t used;      /* bytes of the blocks that are out */
    atomic_bool has_waiting; /* spares the lock in block_unref */
    pthread_mutex_t lock;    /* of all below */
    struct block *free[N_CLASSES];
    size_t kept_bytes;             /* of those */
    struct block *cold[N_CLASSES]; /* free, their pages given back */
    struct slab *slabs;            /* the first is being cut up */
    struct list waiting;           /* gates closed by memory_ask */
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
    while (memory->slabs) {
        struct slab *slab = memory->slabs;

        memory->slabs = slab->next;
        ALLOW(slab->pages, SLAB_BYTES);
        munmap(slab->pages, SLAB_BYTES);
        free(slab);
    }
    pthread_mutex_destroy(&memory->lock);
    free(memory);
}

static uint32_t class_of(size_t size)
{
    size_t pages = (MAX(size, (size_t)1) + PAGE_BYTES - 1) / PAGE_BYTES;
    unsigned bits, quarter;

    if (size > CLASS_MAX_BYTES)
        return N_CLASSES;
    if (pages <= 4)
        return (uint32_t)pages - 1;
    bits = 63 - (unsigned)__builtin_clzll(pages - 1); /* a power of two is the last of its four */
    quarter = (unsigned)((pages - 1) >> (bits - 2)) - 4;
    return 4 * (bits - 1) + quarter;
}

static size_t class_size(uint32_t class)
{
    size_t pages = class < 4 ? class + 1 : (size_t)(5 + class % 4) << (class / 4 - 1);

    return pages * PAGE_BYTES;
}

static struct block *pop(struct block **list)
{
    struct block *block = *list;

    if (block)
        *list = block->next;
    return block;
}

static void push(struct block **list, struct block *block)
{
    block->next = *list;
    *list = block;
}

/* Huge pages would come back whole when one byte is used. */
static void add_slab(struct memory *memory)
{
    struct slab *slab = mem_zalloc(sizeof *slab);

    slab->pages = mem_pages(SLAB_BYTES);
    FORBID(slab->pages, SLAB_BYTES);
    madvise(slab->pages, SLAB_BYTES, MADV_NOHUGEPAGE);
    slab->next = memory->slabs;
    memory->slabs = slab;
}

/* With the lock held. What is left of a slab when it is too little is never touched. */
static struct block *cut_block(struct memory *memory, uint32_t class)
{
    size_t size = class_size(class);
    struct block *block;
    struct slab *slab;

    if (!memory->slabs || memory->slabs->used + size > SLAB_BYTES)
        add_slab(memory);
    slab = memory->slabs;
    block = &slab->blocks[slab->used / PAGE_BYTES];
    block->memory = memory;
    block->class = class;
    block->size = size;
    block->data = slab->pages + slab->used;
    slab->used += size + GAP_BYTES;
    return block;
}

static struct block *get_of_class(struct memory *memory, uint32_t class)
{
    struct block *block;

    pthread_mutex_lock(&memory->lock);
    block = pop(&memory->free[class]);
    if (block)
        memory->kept_bytes -= block->size;
    else
        block = pop(&memory->cold[class]);
    if (!block)
        block = cut_block(memory, class);
    pthread_mutex_unlock(&memory->lock);
    ALLOW(block->data, block->size);
    return block;
}

static struct block *made_to_measure(struct memory *memory, size_t size)
{
    struct block *block = mem_realloc(NULL, sizeof *block + size, 1);

    *block = (struct block){.memory = memory, .class = N_CLASSES, .size = size};
    block->data = (char *)(block + 1);
    return block;
}

struct block *block_get(struct memory *memory, size_t size)
{
    uint32_t class = class_of(size);
    struct block *block =
        class < N_CLASSES ? get_of_class(memory, class) : made_to_measure(memory, size);

    atomic_store_explicit(&block->refs, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&memory->used, block->size, memory_order_relaxed);
    return block;
}

struct block *block_ref(struct block *block)
{
    atomic_fetch_add_explicit(&block->refs, 1, memory_order_relaxed);
    return block;
}

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

/* With the lock held: the largest free block, when too many are kept. */
static struct block *take_surplus(struct memory *memory, size_t used)
{
    struct block *block = NULL;

    if (memory->kept_bytes <= MEMORY_KEEP_BYTES + used)
        return NULL;
    for (uint32_t i = N_CLASSES; i-- && !block;)
        block = pop(&memory->free[i]);
    if (block)
        memory->kept_bytes -= block->size;
    return block;
}

/* The system is called without the lock. */
static void put_free(struct memory *memory, struct block *block, size_t used)
{
    FORBID(block->data, block->size);
    pthread_mutex_lock(&memory->lock);
    push(&memory->free[block->class], block);
    memory->kept_bytes += block->size;
    while ((block = take_surplus(memory, used))) {
        pthread_mutex_unlock(&memory->lock);
        madvise(block->data, block->size, MADV_DONTNEED);
        pthread_mutex_lock(&memory->lock);
        push(&memory->cold[block->class], block);
    }
    pthread_mutex_unlock(&memory->lock);
}

void block_unref(struct block *block)
{
    struct memory *memory;
    size_t used;

    if (!block || atomic_fetch_sub_explicit(&block->refs, 1, memory_order_acq_rel) != 1)
        return;
    memory = block->memory;
    used = atomic_fetch_sub(&memory->used, block->size) - block->size;
    if (block->class == N_CLASSES)
        free(block);
    else
        put_free(memory, block, used);
    if (atomic_load(&memory->has_waiting) &&
        used < memory->limit - MIN(memory->limit / 8, MEMORY_WAKE_BYTES))
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

size_t memory_left(const struct memory *memory)
{
    size_t used = memory_used(memory);

    return used < memory->limit ? memory->limit - used : 0;
}
