#include "kit/guard.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define AREAS_MAX 256u

struct area {
    char *memory, *guard, *start; /* what was given out, the page behind it, the mapping */
    size_t size;                  /* of the mapping, the guard included */
    bool revoked, sealed;
};

/* A signal handler must find them. */
static struct area areas[AREAS_MAX];
static size_t n_areas;

void *guard_copy(const void *from, size_t size)
{
    const size_t page = (size_t)sysconf(_SC_PAGESIZE);
    const size_t room = (size + page - 1) / page * page;
    char *start =
        mmap(NULL, room + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    char *memory = start + room - size;

    if (start == MAP_FAILED || n_areas == AREAS_MAX || mprotect(start + room, page, PROT_NONE))
        abort();
    areas[n_areas++] = (struct area){memory, start + room, start, room + page, false, false};
    return from && size ? memcpy(memory, from, size) : memory;
}

void guard_revoke(void *memory)
{
    for (size_t i = 0; i < n_areas; i++)
        if (areas[i].memory == memory) {
            areas[i].revoked = true;
            if (mprotect(areas[i].start, areas[i].size, PROT_NONE))
                abort();
        }
}

void guard_seal(void *memory)
{
    for (size_t i = 0; i < n_areas; i++)
        if (areas[i].memory == memory) {
            areas[i].sealed = true;
            if (mprotect(areas[i].start, (size_t)(areas[i].guard - areas[i].start), PROT_READ))
                abort();
        }
}

bool guard_holds(const void *address)
{
    const char *at = address;

    for (size_t i = 0; i < n_areas; i++)
        if (at >= (areas[i].revoked || areas[i].sealed ? areas[i].start : areas[i].guard) &&
            at < areas[i].start + areas[i].size)
            return true;
    return false;
}
