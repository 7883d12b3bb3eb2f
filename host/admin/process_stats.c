#include "admin/process_stats.h"

#include <dirent.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long total, resident = 0;

    if (!file)
        return 0;
    if (fscanf(file, "%lu %lu", &total, &resident) != 2)
        resident = 0;
    fclose(file);
    return resident * (uint64_t)sysconf(_SC_PAGESIZE);
}

/* But for the one that counts. */
static uint64_t count_descriptors(void)
{
    DIR *folder = opendir("/proc/self/fd");
    uint64_t count = 0;

    if (!folder)
        return 0;
    while (readdir(folder))
        count++;
    closedir(folder);
    return count > 3 ? count - 3 : 0;
}

static double cpu_seconds(const struct timeval *time)
{
    return (double)time->tv_sec + (double)time->tv_usec / 1e6;
}

void process_stats_read(struct process_stats *ret_stats)
{
    struct rusage usage = {0};
    struct rlimit limit = {0};

    getrusage(RUSAGE_SELF, &usage);
    getrlimit(RLIMIT_NOFILE, &limit);
    *ret_stats = (struct process_stats){
        .cpu_seconds = cpu_seconds(&usage.ru_utime) + cpu_seconds(&usage.ru_stime),
        .resident_bytes = resident_bytes(),
        .open_fds = count_descriptors(),
        .max_fds = limit.rlim_cur,
    };
}
