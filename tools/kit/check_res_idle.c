/* RES: threads that have nothing to do. */
#include "kit/check_res.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include "base/clock.h"
#include "kit/life.h"

#define WAKES_MAX 20u /* in a second */
#define IDLE_MS 500u
#define IDLE_WAKES 50u /* one that sleeps in between is RES-11's matter */

/* By its entry in /proc/self/task, where ".." is this process again. */
static bool is_other_thread(const char *name)
{
    return name[0] != '.' && atoi(name) != gettid();
}

/* The sum of what `read` finds in that file of each thread but this one. */
static uint64_t sum_of_threads(const char *name, uint64_t (*read)(FILE *file))
{
    DIR *folder = opendir("/proc/self/task");
    const struct dirent *entry;
    uint64_t sum = 0;

    while (folder && (entry = readdir(folder))) {
        char path[320];
        FILE *file;

        snprintf(path, sizeof path, "/proc/self/task/%s/%s", entry->d_name, name);
        file = is_other_thread(entry->d_name) ? fopen(path, "re") : NULL;
        if (!file)
            continue;
        sum += read(file);
        fclose(file);
    }
    if (folder)
        closedir(folder);
    return sum;
}

static uint64_t read_wakes(FILE *file)
{
    unsigned long long switches = 0;
    char line[128];

    while (fgets(line, sizeof line, file))
        if (sscanf(line, "voluntary_ctxt_switches: %llu", &switches) == 1)
            break;
    return switches;
}

/* Voluntary switches of all threads but this one. */
static uint64_t count_wakes(void)
{
    return sum_of_threads("status", read_wakes);
}

void res_idle(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t before, n;

    life_flush(stand, 3);
    life_pause_ms(100);
    before = count_wakes();
    life_pause_ms(1000);
    n = count_wakes() - before;
    if (n > WAKES_MAX)
        trial_warn(trial, "threads of the plugin wake up %llu times in a second without work",
            (unsigned long long)n);
    life_end(stand);
}

static uint64_t read_busy_ns(FILE *file)
{
    unsigned long long ran, waited;

    return fscanf(file, "%llu %llu", &ran, &waited) == 2 ? ran + waited : 0;
}

/* How long threads of the plugin ran, or wanted to and had to wait: so it does not matter
 * what else the machine has to do. */
static uint64_t busy_ns(void)
{
    return sum_of_threads("schedstat", read_busy_ns);
}

/* A thread that asks for work all the time would have a processor for itself, and never
 * gives it back. */
void res_spin(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t busy, wakes;

    life_flush(stand, 3);
    life_pause_ms(100);
    busy = busy_ns();
    wakes = count_wakes();
    life_pause_ms(IDLE_MS);
    busy = busy_ns() - busy;
    wakes = count_wakes() - wakes;
    if (busy > IDLE_MS * NS_PER_MS * 8 / 10 && wakes < IDLE_WAKES)
        trial_fail(trial, "threads of the plugin are busy for %llu of %u ms without work",
            (unsigned long long)(busy / NS_PER_MS), IDLE_MS);
    life_end(stand);
}
