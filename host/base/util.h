/* Small macros used everywhere: release by scope, moving a pointer, containers. */
#ifndef BASE_UTIL_H
#define BASE_UTIL_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <unistd.h>

/* Calls FN on the address of the variable when it goes out of scope. */
#define SCOPED_CALL(FN) __attribute__((cleanup(FN)))

/* Defines the helper that lets `SCOPED(FN) TYPE *p` release p by FN(p). */
#define SCOPED_DEFINE(TYPE, FN) \
    static inline void FN##_scoped(TYPE *const *pointer) \
    { \
        if (*pointer) \
            FN(*pointer); \
    } \
    struct util_swallow_semicolon
#define SCOPED(FN) __attribute__((cleanup(FN##_scoped)))

SCOPED_DEFINE(void, free);
#define SCOPED_FREE __attribute__((cleanup(util_free_scoped)))
static inline void util_free_scoped(void *address)
{
    free(*(void **)address);
}

#define SCOPED_FD __attribute__((cleanup(util_close_scoped)))
static inline void util_close_scoped(const int *fd)
{
    if (*fd >= 0)
        close(*fd);
}

/* The value of P, which becomes NULL: its owner is now another. */
#define take_ptr(P) \
    ({ \
        __typeof__(P) taken_ = (P); \
        (P) = NULL; \
        taken_; \
    })

#define take_fd(FD) \
    ({ \
        int taken_ = (FD); \
        (FD) = -1; \
        taken_; \
    })

#define container_of(P, TYPE, MEMBER) ((TYPE *)(void *)((char *)(P)-offsetof(TYPE, MEMBER)))

#define ARRAY_SIZE(A) (sizeof(A) / sizeof((A)[0]))

#define MIN(A, B) ((A) < (B) ? (A) : (B))
#define MAX(A, B) ((A) > (B) ? (A) : (B))

#define KIB ((size_t)1024)
#define MIB (1024 * KIB)

#define NS_PER_MS UINT64_C(1000000)
#define NS_PER_S UINT64_C(1000000000)

#endif
