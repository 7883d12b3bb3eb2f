/* malloc and the like, in place of the C library's: a plugin finds these first. */
#include "kit/heap_private.h"

#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include <string.h>

const bool heap_has_functions = true;

/* The C library's own; these names are part of its ABI. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t alignment, size_t size);
void __libc_free(void *block);

#define CALLER __builtin_return_address(0)
#define EXPORTED __attribute__((visibility("default"), used))

static void *get(size_t size, const void *caller)
{
    const size_t more = heap_border();

    if (heap_outside == 0 && heap_fails(caller)) {
        errno = ENOMEM;
        return NULL;
    }
    return heap_spoil(heap_taken(__libc_malloc(size + more), size, caller, more != 0), size);
}

EXPORTED void *malloc(size_t size)
{
    return get(size, CALLER);
}

EXPORTED void free(void *block)
{
    heap_spoil_freed(block);
    heap_forget(block);
    __libc_free(block);
}

EXPORTED void *calloc(size_t count, size_t size)
{
    const size_t more = heap_border();
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || (heap_outside == 0 && heap_fails(CALLER))) {
        errno = ENOMEM;
        return NULL;
    }
    return more ? heap_taken(__libc_calloc(1, bytes + more), bytes, CALLER, true)
                : heap_taken(__libc_calloc(count, size), bytes, CALLER, false);
}

EXPORTED void *realloc(void *block, size_t size)
{
    const size_t more = heap_border();
    void *grown;

    if (heap_outside == 0 && heap_fails(CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    heap_forget(block);
    grown = __libc_realloc(block, size + more);
    return heap_taken(grown, size, CALLER, more != 0);
}

EXPORTED void *reallocarray(void *block, size_t count, size_t size)
{
    const size_t more = heap_border();
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || (heap_outside == 0 && heap_fails(CALLER))) {
        errno = ENOMEM;
        return NULL;
    }
    heap_forget(block);
    return heap_taken(__libc_realloc(block, bytes + more), bytes, CALLER, more != 0);
}

EXPORTED void *memalign(size_t alignment, size_t size)
{
    if (heap_outside == 0 && heap_fails(CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    return heap_taken(__libc_memalign(alignment, size), size, CALLER, false);
}

EXPORTED void *aligned_alloc(size_t alignment, size_t size)
{
    if (heap_outside == 0 && heap_fails(CALLER)) {
        errno = ENOMEM;
        return NULL;
    }
    return heap_taken(__libc_memalign(alignment, size), size, CALLER, false);
}

EXPORTED int posix_memalign(void **ret, size_t alignment, size_t size)
{
    void *block;

    if (alignment % sizeof(void *) || !alignment || (alignment & (alignment - 1)))
        return EINVAL;
    block = heap_outside == 0 && heap_fails(CALLER) ? NULL : __libc_memalign(alignment, size);
    if (!block)
        return ENOMEM;
    *ret = heap_taken(block, size, CALLER, false);
    return 0;
}

/* The C library allocates for these from within itself; here their caller counts. */
EXPORTED char *strndup(const char *text, size_t max)
{
    const size_t size = strnlen(text, max);
    char *copy = get(size + 1, CALLER);

    if (!copy)
        return NULL;
    copy[size] = '\0';
    return memcpy(copy, text, size);
}

EXPORTED char *strdup(const char *text)
{
    const size_t size = strlen(text) + 1;
    char *copy = get(size, CALLER);

    return copy ? memcpy(copy, text, size) : NULL;
}
