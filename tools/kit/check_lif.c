/* LIF: init, stop, and what is left behind. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include "base/util.h"
#include "kit/life.h"
#include "kit/snapshot.h"

static void expect_left_alone(
    struct trial *trial, enum aspect aspect, const char *before, const char *what)
{
    SCOPED_FREE char *after = snapshot_take(aspect);
    char text[512];

    if (!strcmp(before, after))
        return;
    snapshot_difference(before, after, text, sizeof text);
    trial_fail(trial, "a life without a flush leaves %s behind: %s", what, text);
}

static void lif_unused(struct trial *trial)
{
    SCOPED_FREE char *fds = NULL;
    SCOPED_FREE char *threads = NULL;
    struct stand *stand;
    int r;

    life_run(trial, 0); /* libraries may keep what they need for good */
    fds = snapshot_take(ASPECT_FDS);
    threads = snapshot_take(ASPECT_THREADS);
    stand = stand_start(trial, NULL);
    stand_ready(stand);
    r = stand_stop(stand, 5 * NS_PER_S);
    if (r)
        trial_fail(trial, "stop fails with %d: %s", stand->code ? stand->code : r, stand->text);
    stand_end(stand);
    expect_left_alone(trial, ASPECT_FDS, fds, "descriptors");
    expect_left_alone(trial, ASPECT_THREADS, threads, "threads");
}

const struct check checks_lif[] = {
    {.id = "LIF-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = lif_unused,
        .asserts = "A life without a flush ends well and leaves nothing behind."},
    {0},
};
