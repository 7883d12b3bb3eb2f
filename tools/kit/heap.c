#include "kit/heap.h"

#include <dlfcn.h>
#include <errno.h>
#include <link.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include "base/util.h"
#include "kit/heap_private.h"

#define NOTES_MAX ((size_t)1 << 18) /* a power of two */
#define BORDER_BYTE 0xb7
#define NEW_BYTE 0xa7   /* of a block that was got */
#define FREED_BYTE 0xd9 /* of one that was freed */
#define SPOIL_MAX ((size_t)64 * 1024)
#define SEGMENTS_MAX 8u
#define RANKING_MAX 256u

/* A block that the plugin has. */
struct note {
    void *block;        /* NULL: free */
    const void *caller; /* who asked for it */
    size_t size;
    bool bordered;
};

struct segment {
    const char *start, *end;
};

/* malloc is a function of the whole process, so this is, too. */
static struct {
    atomic_bool watching, guarding;
    atomic_uint_fast64_t n_allocations;
    atomic_uint_fast64_t fail_in; /* 0: never */
    atomic_bool failed, fail_all;
    struct segment segments[SEGMENTS_MAX];
    unsigned n_segments;
    pthread_mutex_t lock; /* of what follows */
    struct note *notes;   /* open addressing */
    size_t n_notes;
    const void *overrun; /* caller */
} heap = {.lock = PTHREAD_MUTEX_INITIALIZER};

_Thread_local int heap_outside;

bool heap_visible(void)
{
    return &heap_has_functions;
}

void heap_kit_thread(void)
{
    heap_outside = 1;
}

void heap_enter(void)
{
    heap_outside--;
}

void heap_leave(void)
{
    heap_outside++;
}

bool heap_inside(void)
{
    return heap_outside == 0;
}

static int note_object(struct dl_phdr_info *info, size_t size, void *path)
{
    (void)size;
    if (!info->dlpi_name || strcmp(info->dlpi_name, path) != 0)
        return 0;
    heap.n_segments = 0;
    for (unsigned i = 0; i < info->dlpi_phnum && heap.n_segments < SEGMENTS_MAX; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const char *start = (const char *)(info->dlpi_addr + segment->p_vaddr);

        if (segment->p_type == PT_LOAD && segment->p_flags & PF_X)
            heap.segments[heap.n_segments++] = (struct segment){start, start + segment->p_memsz};
    }
    return 1;
}

void heap_know_plugin(const char *path)
{
    dl_iterate_phdr(note_object, (void *)(uintptr_t)path);
}

bool heap_is_plugin(const void *address)
{
    const char *at = address;

    for (unsigned i = 0; i < heap.n_segments; i++)
        if (at >= heap.segments[i].start && at < heap.segments[i].end)
            return true;
    return false;
}

/* -- notes -- */

static size_t slot_of(const void *block)
{
    return (size_t)(((uintptr_t)block >> 4) * UINT64_C(0x9e3779b97f4a7c15) >> 40) & (NOTES_MAX - 1);
}

/* The note of a block; where it would be, if there is none. With the lock. */
static size_t find_note(const void *block)
{
    size_t i = slot_of(block);

    while (heap.notes[i].block && heap.notes[i].block != block)
        i = (i + 1) & (NOTES_MAX - 1);
    return i;
}

static void add_note(void *block, size_t size, const void *caller, bool bordered)
{
    pthread_mutex_lock(&heap.lock);
    if (heap.notes && heap.n_notes < NOTES_MAX / 2) {
        heap.notes[find_note(block)] = (struct note){block, caller, size, bordered};
        heap.n_notes++;
    }
    pthread_mutex_unlock(&heap.lock);
}

/* Takes it out and moves up those that had to give way to it. */
static void remove_slot(size_t i)
{
    heap.notes[i].block = NULL;
    heap.n_notes--;
    for (size_t j = (i + 1) & (NOTES_MAX - 1); heap.notes[j].block; j = (j + 1) & (NOTES_MAX - 1)) {
        const struct note note = heap.notes[j];

        heap.notes[j].block = NULL;
        heap.notes[find_note(note.block)] = note;
    }
}

static bool border_is_whole(const struct note *note)
{
    const unsigned char *border = (const unsigned char *)note->block + note->size;

    for (unsigned i = 0; i < HEAP_BORDER; i++)
        if (border[i] != BORDER_BYTE)
            return false;
    return true;
}

void *heap_spoil(void *block, size_t size)
{
    if (block && heap_border())
        memset(block, NEW_BYTE, MIN(size, SPOIL_MAX));
    return block;
}

void heap_spoil_freed(void *block)
{
    const struct note *note;

    if (!block || !heap.notes)
        return;
    pthread_mutex_lock(&heap.lock);
    note = &heap.notes[find_note(block)];
    if (note->block && note->bordered)
        memset(block, FREED_BYTE, MIN(note->size, SPOIL_MAX));
    pthread_mutex_unlock(&heap.lock);
}

void heap_forget(void *block)
{
    size_t i;

    if (!block || !heap.notes)
        return;
    pthread_mutex_lock(&heap.lock);
    i = find_note(block);
    if (heap.notes[i].block) {
        if (heap.notes[i].bordered && !border_is_whole(&heap.notes[i]) && !heap.overrun)
            heap.overrun = heap.notes[i].caller;
        remove_slot(i);
    }
    pthread_mutex_unlock(&heap.lock);
}

bool heap_fails(const void *caller)
{
    uint_fast64_t left = atomic_load(&heap.fail_in);

    if (!left || !heap_is_plugin(caller))
        return false;
    while (left && !atomic_compare_exchange_weak(&heap.fail_in, &left,
                       left == 1 && atomic_load(&heap.fail_all) ? 1 : left - 1))
        ;
    if (left != 1)
        return false;
    atomic_store(&heap.failed, true);
    return true;
}

static bool is_looked_at(void)
{
    return heap_outside == 0 && (atomic_load(&heap.watching) || atomic_load(&heap.guarding));
}

void *heap_taken(void *block, size_t size, const void *caller, bool bordered)
{
    if (heap_outside == 0)
        atomic_fetch_add(&heap.n_allocations, 1);
    if (!block || !is_looked_at())
        return block;
    if (bordered)
        memset((char *)block + size, BORDER_BYTE, HEAP_BORDER);
    add_note(block, size, caller, bordered);
    return block;
}

void heap_watch(bool on)
{
    if (heap_visible() && !heap.notes) {
        void *notes = mmap(NULL, NOTES_MAX * sizeof(struct note), PROT_READ | PROT_WRITE,
            MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

        if (notes == MAP_FAILED)
            return;
        heap.notes = notes;
    }
    atomic_store(&heap.watching, on);
}

void heap_guard(bool on)
{
    heap_watch(false);
    atomic_store(&heap.guarding, on);
}

void heap_live(size_t *ret_blocks, uint64_t *ret_bytes)
{
    *ret_blocks = 0;
    *ret_bytes = 0;
    pthread_mutex_lock(&heap.lock);
    for (size_t i = 0; heap.notes && i < NOTES_MAX; i++)
        if (heap.notes[i].block) {
            ++*ret_blocks;
            *ret_bytes += heap.notes[i].size;
        }
    pthread_mutex_unlock(&heap.lock);
}

static void put_caller(const void *caller, char *text, size_t text_max)
{
    Dl_info info = {0};
    const char *file;

    if (!dladdr(caller, &info) || !info.dli_fname) {
        snprintf(text, text_max, "%p", caller);
        return;
    }
    file = strrchr(info.dli_fname, '/');
    snprintf(text, text_max, "%s+%#zx %s", file ? file + 1 : info.dli_fname,
        (size_t)((const char *)caller - (const char *)info.dli_fbase),
        info.dli_sname ? info.dli_sname : "");
}

struct rank {
    const void *caller;
    size_t blocks, bytes;
};

static void add_rank(struct rank *ranks, size_t *n_ranks, const struct note *note)
{
    size_t i = 0;

    while (i < *n_ranks && ranks[i].caller != note->caller)
        i++;
    if (i == RANKING_MAX)
        return;
    if (i == *n_ranks)
        ranks[(*n_ranks)++] = (struct rank){note->caller, 0, 0};
    ranks[i].blocks++;
    ranks[i].bytes += note->size;
}

void heap_describe(char *text, size_t text_max)
{
    struct rank ranks[RANKING_MAX];
    size_t n_ranks = 0, most = 0;
    char caller[256];

    pthread_mutex_lock(&heap.lock);
    for (size_t i = 0; heap.notes && i < NOTES_MAX; i++)
        if (heap.notes[i].block)
            add_rank(ranks, &n_ranks, &heap.notes[i]);
    pthread_mutex_unlock(&heap.lock);
    text[0] = '\0';
    if (!n_ranks)
        return;
    for (size_t i = 1; i < n_ranks; i++)
        if (ranks[i].bytes > ranks[most].bytes)
            most = i;
    put_caller(ranks[most].caller, caller, sizeof caller);
    snprintf(
        text, text_max, "%s, %zu blocks, %zu bytes", caller, ranks[most].blocks, ranks[most].bytes);
}

void heap_fail_at(uint64_t n)
{
    if (n)
        atomic_store(&heap.failed, false);
    atomic_store(&heap.fail_all, false);
    atomic_store(&heap.fail_in, n);
}

void heap_fail_from(uint64_t n)
{
    heap_fail_at(n);
    atomic_store(&heap.fail_all, true);
}

bool heap_has_failed(void)
{
    return atomic_load(&heap.failed);
}

bool heap_overrun(char *text, size_t text_max)
{
    pthread_mutex_lock(&heap.lock);
    for (size_t i = 0; heap.notes && !heap.overrun && i < NOTES_MAX; i++)
        if (heap.notes[i].block && heap.notes[i].bordered && !border_is_whole(&heap.notes[i]))
            heap.overrun = heap.notes[i].caller;
    pthread_mutex_unlock(&heap.lock);
    if (heap.overrun)
        put_caller(heap.overrun, text, text_max);
    return heap.overrun != NULL;
}

size_t heap_border(void)
{
    return heap_outside == 0 && atomic_load(&heap.guarding) ? HEAP_BORDER : 0;
}

uint64_t heap_count(void)
{
    return atomic_load(&heap.n_allocations);
}
