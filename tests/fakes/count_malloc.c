/* Preloaded: counts what the process allocates, and writes the number to the file
 * that COUNT_MALLOC names when it ends. */
#include <dlfcn.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_ullong n_calls;

extern void *__libc_malloc(size_t size);                /* NOLINT */
extern void *__libc_calloc(size_t count, size_t size);  /* NOLINT */
extern void *__libc_realloc(void *memory, size_t size); /* NOLINT */

__attribute__((visibility("default"))) void *malloc(size_t size)
{
    atomic_fetch_add(&n_calls, 1);
    return __libc_malloc(size);
}

__attribute__((visibility("default"))) void *calloc(size_t count, size_t size)
{
    atomic_fetch_add(&n_calls, 1);
    return __libc_calloc(count, size);
}

__attribute__((visibility("default"))) void *realloc(void *memory, size_t size)
{
    atomic_fetch_add(&n_calls, 1);
    return __libc_realloc(memory, size);
}

__attribute__((destructor)) static void tell(void)
{
    const char *path = getenv("COUNT_MALLOC");
    char text[32];
    int fd, n;

    if (!path)
        return;
    fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    n = snprintf(text, sizeof text, "%llu\n", (unsigned long long)atomic_load(&n_calls));
    (void)!write(fd, text, (size_t)n);
    close(fd);
}
