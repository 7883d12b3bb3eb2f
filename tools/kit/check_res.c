/* RES: what an instance uses and gives back. */
#include "kit/check.h"

#include <stdlib.h>
#include <string.h>
#include "base/util.h"
#include "kit/life.h"
#include "kit/snapshot.h"

#define WARM_UP 10u
#define FLUSHES 300u

static size_t count_lines(const char *text)
{
    size_t n = 0;

    for (; (text = strchr(text, '\n')); text++)
        n++;
    return n;
}

/* Grows with flushes, or stays when the instance is gone. */
static void expect_given_back(struct trial *trial, enum aspect aspect, const char *what)
{
    SCOPED_FREE char *before = NULL;
    SCOPED_FREE char *early = NULL;
    SCOPED_FREE char *late = NULL;
    SCOPED_FREE char *after = NULL;
    char text[512];
    struct stand *stand;
    unsigned n;

    life_run(trial, WARM_UP); /* libraries may keep what they need for good */
    before = snapshot_take(aspect);
    stand = stand_start(trial, NULL);
    life_flush(stand, WARM_UP);
    early = snapshot_take(aspect);
    n = life_flush(stand, FLUSHES);
    late = snapshot_take(aspect);
    if (count_lines(late) > count_lines(early) + n / 10) {
        snapshot_difference(early, late, text, sizeof text);
        trial_fail(trial, "%u flushes need %zu more %s: %s", n,
            count_lines(late) - count_lines(early), what, text);
    }
    life_end(stand);
    after = snapshot_settle(aspect, before);
    if (!strcmp(before, after))
        return;
    snapshot_difference(before, after, text, sizeof text);
    trial_fail(trial, "%s are left when the instance is gone: %s", what, text);
}

static void res_fds(struct trial *trial)
{
    expect_given_back(trial, ASPECT_FDS, "descriptors");
}

static void res_threads(struct trial *trial)
{
    expect_given_back(trial, ASPECT_THREADS, "threads");
}

const struct check checks_res[] = {
    {.id = "RES-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = res_fds,
        .asserts = "Descriptors do not grow with flushes, and are closed when stop returns."},
    {.id = "RES-02",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = res_threads,
        .asserts = "Threads do not grow with flushes, and are joined when stop returns."},
    {0},
};
