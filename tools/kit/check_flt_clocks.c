/* FLT: clocks that jump. */
#include "kit/check_flt.h"

#include "base/util.h"
#include "kit/calls.h"
#include "kit/life.h"
#include "kit/sink.h"

#define LOGS 20u
#define HOUR_NS ((int64_t)3600 * (int64_t)NS_PER_S)

/* What was waited for by the wall clock would not be over for an hour. */
static void expect_recovery(struct trial *trial, uint32_t first)
{
    struct stand *stand = stand_start(trial, NULL);

    sink_behave(trial, SERVER_REFUSES);
    life_flush(stand, 2);
    calls_jump(-HOUR_NS);
    sink_behave(trial, SERVER_TAKES);
    life_deliver(stand, first, LOGS);
    life_end(stand);
}

/* Only the wall clock jumps; the other one never does. */
void flt_clocks(struct trial *trial)
{
    static const int64_t jumps_ns[] = {HOUR_NS, -HOUR_NS, 0, -2 * HOUR_NS, 48 * HOUR_NS};
    struct stand *stand = stand_start(trial, NULL);
    uint32_t first = 0;

    life_deliver(stand, first, LOGS);
    for (size_t i = 0; i < ARRAY_SIZE(jumps_ns); i++) {
        calls_jump(jumps_ns[i]);
        first += LOGS;
        life_deliver(stand, first, LOGS);
    }
    calls_jump(0);
    life_end(stand);
    first += LOGS;
    life_expect(trial, first, false, false); /* before the peer drops what it has not read */
    if (!trial->sink)
        return;
    expect_recovery(trial, first);
    life_expect(trial, first + LOGS, false, false);
}
