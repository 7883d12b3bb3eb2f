#include "kit/usage.h"

#include <stdio.h>
#include <unistd.h>
#include "base/util.h"

enum { MAPPED, RESIDENT, SIZES_N };

static uint64_t read_bytes(unsigned which)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages[SIZES_N] = {0};

    if (file && fscanf(file, "%lu %lu", &pages[MAPPED], &pages[RESIDENT]) != SIZES_N)
        pages[which] = 0;
    if (file)
        fclose(file);
    return (uint64_t)pages[which] * (uint64_t)sysconf(_SC_PAGESIZE);
}

uint64_t usage_mapped_bytes(void)
{
    return read_bytes(MAPPED);
}

uint64_t usage_resident_bytes(void)
{
    return read_bytes(RESIDENT);
}

uint64_t usage_cpu_ns(clockid_t clock)
{
    struct timespec time = {0};

    clock_gettime(clock, &time);
    return (uint64_t)time.tv_sec * NS_PER_S + (uint64_t)time.tv_nsec;
}
