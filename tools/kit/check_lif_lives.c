/* LIF: lives one after the other, and side by side. */
#include "kit/check_lif.h"

#include <stdlib.h>
#include "base/clock.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/snapshot.h"

#define LOGS 20u
#define LIVES 3u
#define MANY 20u
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

void lif_many_cycles(struct trial *trial)
{
    static const enum aspect aspects[] = {
        ASPECT_FDS, ASPECT_THREADS, ASPECT_TIMERS, ASPECT_CHILDREN};
    char *before[ARRAY_SIZE(aspects)];
    uint64_t bytes = 0, end_ns;
    unsigned cycles = 0;
    size_t blocks = 0;
    char text[512];

    for (unsigned i = 0; i < WARM_UP; i++)
        life_run(trial, 1);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
        before[i] = snapshot_take(aspects[i]);
    heap_watch(true);
    end_ns = clock_now_ns() + CYCLES_NS;
    for (; cycles < CYCLES_MIN || (cycles < CYCLES && clock_now_ns() < end_ns); cycles++)
        life_run(trial, cycles % 10 == 0);
    heap_watch(false);
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++) {
        snapshot_expect(trial, aspects[i], before[i], "%u lives leave something behind", cycles);
        free(before[i]);
    }
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
    life_expect(trial, (MANY + MANY / 2) * LOGS, true, false);
}
