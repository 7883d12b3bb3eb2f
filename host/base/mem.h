/*
 * Memory for the small things of the host. These calls do not fail: a daemon
 * that cannot get a few bytes cannot go on, and because nothing is acknowledged
 * before it is delivered, ending at once loses nothing. What can grow with the
 * input (blocks, arenas, queues) is bounded elsewhere, by event/budget.
 * [any]
 */
#ifndef BASE_MEM_H
#define BASE_MEM_H

#include <stddef.h>

/* Zeroed memory of `count` things of `size` bytes; the caller frees it with free(). */
void *mem_zalloc(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));
void *mem_calloc(size_t count, size_t size)
    __attribute__((malloc, returns_nonnull, warn_unused_result));

/* As realloc, for arrays; never NULL. */
void *mem_realloc(void *memory, size_t count, size_t size)
    __attribute__((returns_nonnull, warn_unused_result));

/* Copies, ended by a NUL. */
char *mem_strdup(const char *text) __attribute__((malloc, returns_nonnull, warn_unused_result));
char *mem_strndup(const void *data, size_t size)
    __attribute__((malloc, returns_nonnull, warn_unused_result));
char *mem_printf(const char *format, ...)
    __attribute__((malloc, returns_nonnull, warn_unused_result, format(printf, 1, 2)));

/* Tells the C library how much memory that was freed it keeps to itself. Before there are
 * threads. */
void mem_setup(void);
/* What it keeps goes back to the system: a great need is over. */
void mem_give_back(void);
/* Pages of the system's, zeroed; to be given back with munmap(). */
void *mem_pages(size_t size) __attribute__((malloc, returns_nonnull, warn_unused_result));

/* Makes room for one more in a growing array (capacity doubles). */
#define MEM_GROW(ARRAY, COUNT, CAPACITY) \
    do { \
        if ((COUNT) == (CAPACITY)) { \
            (CAPACITY) = (CAPACITY) ? 2 * (CAPACITY) : 8; \
            (ARRAY) = mem_realloc((ARRAY), (CAPACITY), sizeof *(ARRAY)); \
        } \
    } while (0)

#endif
