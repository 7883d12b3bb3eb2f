#include "kit/life.h"

#include <unistd.h>
#include "base/clock.h"
#include "kit/marks.h"

#define LOGS 4u
#define PAUSE_US 5000u

unsigned life_flush(struct stand *stand, unsigned n)
{
    const uint64_t end_ns = clock_now_ns() + LIFE_FLUSH_NS;
    unsigned done = 0;
    uint64_t now_ns;

    while (done < n && (now_ns = clock_now_ns()) < end_ns) {
        const uint32_t number = (uint32_t)stand->n_batches;
        struct sample *sample = marks_sample(stand->trial, number + 1, number * LOGS, LOGS);

        if (!stand_ready(stand)) {
            sample_destroy(sample);
            usleep(PAUSE_US);
            continue;
        }
        if (stand_flush(stand, sample, NULL) == WEIR_PENDING)
            stand_wait(stand, sample, end_ns - now_ns);
        done++;
    }
    return done;
}

void life_run(struct trial *trial, unsigned n_flushes)
{
    struct stand *stand = stand_start(trial, NULL);

    life_flush(stand, n_flushes);
    stand_urgent(stand, 1);
    stand_end(stand);
}
