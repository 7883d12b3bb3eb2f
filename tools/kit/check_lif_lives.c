/* LIF: lives one after the other, and side by side. */
#include "kit/check_lif.h"

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include "base/clock.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/snapshot.h"

#define LOGS 20u
#define LIVES 3u
#define MANY 20u
#define BESIDE 6u /* instances at one time */
#define BESIDE_BATCHES 10u
#define WARM_UP 3u
#define CYCLES 1000u
#define CYCLES_MIN 10u
#define CYCLES_NS (4 * NS_PER_S)

/* Lives one after the other, each as good as the first. */
void lif_again(struct trial *trial)
{
    for (uint32_t i = 0; i < LIVES; i++) {
        struct stand *stand = stand_start(trial, NULL);

        life_deliver(stand, 2 * i * LOGS, LOGS);
        life_deliver(stand, (2 * i + 1) * LOGS, LOGS);
        life_end(stand);
    }
    life_expect(trial, 2 * LIVES * LOGS, true, false);
}

/* Keys for data of threads that are left in the process, which has few. */
static unsigned count_free_keys(void)
{
    pthread_key_t keys[PTHREAD_KEYS_MAX];
    unsigned n = 0;

    while (n < PTHREAD_KEYS_MAX && !pthread_key_create(&keys[n], NULL))
        n++;
    for (unsigned i = 0; i < n; i++)
        pthread_key_delete(keys[i]);
    return n;
}

void lif_many_cycles(struct trial *trial)
{
    static const enum aspect aspects[] = {
        ASPECT_FDS, ASPECT_THREADS, ASPECT_TIMERS, ASPECT_CHILDREN};
    char *before[ARRAY_SIZE(aspects)];
    uint64_t bytes = 0, end_ns;
    unsigned cycles = 0, keys;
    size_t blocks = 0;
    char text[512];

    for (unsigned i = 0; i < WARM_UP; i++)
        life_run(trial, 1);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
        before[i] = snapshot_take(aspects[i]);
    keys = count_free_keys();
    heap_watch(true);
    end_ns = clock_now_ns() + CYCLES_NS;
    for (; cycles < CYCLES_MIN || (cycles < CYCLES && clock_now_ns() < end_ns); cycles++)
        life_run(trial, cycles % 10 == 0);
    heap_watch(false);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++) {
        snapshot_expect(trial, aspects[i], before[i], "%u lives leave something behind", cycles);
        free(before[i]);
    }
    if (keys >= count_free_keys() + cycles / 2)
        trial_fail(trial, "%u lives leave %u keys for data of threads (pthread_key_create)", cycles,
            keys - count_free_keys());
    heap_live(&blocks, &bytes);
    heap_describe(text, sizeof text);
    if (blocks >= cycles / 2)
        trial_fail(trial, "%u lives leave %zu blocks, %llu bytes: %s", cycles, blocks,
            (unsigned long long)bytes, text);
    trial_note(trial, "%u lives", cycles);
}

void lif_two(struct trial *trial)
{
    struct stand *first = life_start_apart(trial, 0);
    struct stand *second = life_start_apart(trial, 1);

    life_deliver(first, 0, LOGS);
    life_deliver(second, LOGS, LOGS);
    life_deliver(first, 2 * LOGS, LOGS);
    life_end(second);
    life_deliver(first, 3 * LOGS, LOGS);
    life_end(first);
    life_expect(trial, 4 * LOGS, true, false);
}

/* An instance of several that work at the same time, each on a thread. */
struct neighbour {
    struct stand *stand;
    uint32_t first;
    pthread_t thread;
};

static void *deliver_beside(void *argument)
{
    const struct neighbour *neighbour = argument;

    heap_kit_thread();
    for (uint32_t i = 0; i < BESIDE_BATCHES; i++)
        life_deliver(neighbour->stand, neighbour->first + i * LOGS, LOGS);
    return NULL;
}

/* Calls into one instance do not overlap; those into others may. */
static void deliver_at_one_time(struct trial *trial, uint32_t first)
{
    struct neighbour neighbours[BESIDE];

    for (uint32_t i = 0; i < BESIDE; i++)
        neighbours[i] =
            (struct neighbour){life_start_apart(trial, i), first + i * BESIDE_BATCHES * LOGS, 0};
    for (uint32_t i = 0; i < BESIDE; i++)
        if (pthread_create(&neighbours[i].thread, NULL, deliver_beside, &neighbours[i]))
            trial_lacks(trial, "no thread is to be had");
    for (uint32_t i = 0; i < BESIDE; i++)
        pthread_join(neighbours[i].thread, NULL);
    for (uint32_t i = 0; i < BESIDE; i++)
        life_end(neighbours[i].stand);
}

void lif_many(struct trial *trial)
{
    struct stand *stands[MANY];

    for (uint32_t i = 0; i < MANY; i++)
        stands[i] = life_start_apart(trial, i);
    life_deliver_each(stands, MANY, 0, LOGS);
    for (uint32_t i = 0; i < MANY / 2; i++)
        life_end(stands[i]);
    life_deliver_each(stands + MANY / 2, MANY / 2, MANY * LOGS, LOGS);
    for (uint32_t i = MANY / 2; i < MANY; i++)
        life_end(stands[i]);
    deliver_at_one_time(trial, (MANY + MANY / 2) * LOGS);
    life_expect(trial, (MANY + MANY / 2 + BESIDE * BESIDE_BATCHES) * LOGS, true, false);
}
