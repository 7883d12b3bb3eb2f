/* LIF: the connection test. */
#include "kit/check_lif.h"

#include <stdio.h>
#include "base/buf.h"
#include "base/clock.h"
#include "kit/life.h"
#include "kit/sink.h"

/* What a server gets of a probe is no log: at most an empty list. */
#define PROBE_BYTES_MAX 2u
#define PROBE_NS (2 * NS_PER_S)

/* init, probe, stop, as `weir check --connect` does it. What probe says; words in `text`. */
static int probe_once(struct trial *trial, char text[STAND_TEXT_MAX])
{
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t started_ns = clock_now_ns();
    const int r = stand_probe(stand, PROBE_NS);

    if (clock_now_ns() - started_ns > PROBE_NS + PROBE_NS)
        trial_fail(trial, "probe is given %u s and takes %llu ms", (unsigned)(PROBE_NS / NS_PER_S),
            (unsigned long long)((clock_now_ns() - started_ns) / NS_PER_MS));
    snprintf(text, STAND_TEXT_MAX, "%s", stand->text);
    if (r && !text[0])
        trial_fail(trial, "probe fails without a word why");
    stand_end(stand);
    return r;
}

void lif_probe(struct trial *trial)
{
    SCOPED_BUF struct buf taken = {0};
    char text[STAND_TEXT_MAX];

    if (!trial_class(trial)->calls.probe)
        trial_foreign(trial, "the class has no probe");
    if (probe_once(trial, text) && trial->sink)
        trial_fail(trial, "the destination works, but probe says: %s", text);
    if (trial->sink) {
        life_pause_ms(50);
        sink_read(trial, &taken);
        if (taken.size > PROBE_BYTES_MAX)
            trial_fail(trial, "probe sends data: %.40s", buf_text(&taken));
    }
    if (!sink_break(trial))
        return;
    if (trial->sink)
        sink_behave(trial, SERVER_REFUSES);
    if (!probe_once(trial, text) && trial->sink)
        trial_fail(trial, "nothing listens, but probe says that all is well");
    life_peer_hangs(trial);
    probe_once(trial, text);
}
