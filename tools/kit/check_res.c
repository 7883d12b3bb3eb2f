/* RES: what an instance uses and gives back. */
#include "kit/check_res.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "base/util.h"
#include "kit/calls.h"
#include "kit/check.h"
#include "kit/life.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define WARM_UP 10u
#define FLUSHES 300u
#define FDS_MAX 256u
#define BREAKS 12u /* connections that are broken */

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
    snapshot_expect(trial, aspect, before, "%s are left when the instance is gone", what);
}

/* Connections that break are closed, too. */
static void expect_broken_closed(struct trial *trial)
{
    SCOPED_FREE char *before = NULL;
    SCOPED_FREE char *after = NULL;
    struct stand *stand = stand_start(trial, NULL);
    char text[512];

    life_flush(stand, WARM_UP);
    before = snapshot_take(ASPECT_FDS);
    for (unsigned i = 0; i < BREAKS; i++) {
        sink_behave(trial, i % 2 ? SERVER_RESETS : SERVER_CLOSES);
        life_flush(stand, 1);
        sink_behave(trial, SERVER_TAKES);
        life_flush(stand, 1);
    }
    after = snapshot_settle(ASPECT_FDS, before);
    if (count_lines(after) > count_lines(before) + BREAKS / 4) {
        snapshot_difference(before, after, text, sizeof text);
        trial_fail(trial, "%u broken connections leave %zu descriptors: %s", BREAKS,
            count_lines(after) - count_lines(before), text);
    }
    life_end(stand);
}

static void res_fds(struct trial *trial)
{
    if (trial->sink)
        expect_broken_closed(trial);
    expect_given_back(trial, ASPECT_FDS, "descriptors");
}

static void res_threads(struct trial *trial)
{
    expect_given_back(trial, ASPECT_THREADS, "threads");
}

static bool closes_on_exec(int fd)
{
    const int flags = fcntl(fd, F_GETFD);

    return flags < 0 || flags & FD_CLOEXEC;
}

/* Libraries may be careless in what the plugin cannot help. */
static void tell_inherited(struct trial *trial, int fd, int size, const char *target)
{
    static const char format[] =
        "descriptor %d (%.*s) stays open in programs that the host starts; open it with "
        "O_CLOEXEC, SOCK_CLOEXEC";

    if (calls_made_by_plugin(fd))
        trial_fail(trial, format, fd, size, target);
    trial_note(trial, "a library has opened descriptor %d (%.*s), which does not close on exec", fd,
        size, target);
}

static void res_close_on_exec(struct trial *trial)
{
    struct stand *stand;
    bool open_before[FDS_MAX];

    for (int fd = 0; fd < (int)FDS_MAX; fd++)
        open_before[fd] = fcntl(fd, F_GETFD) >= 0;
    stand = stand_start(trial, NULL);
    life_flush(stand, 5);
    for (int fd = 0; fd < (int)FDS_MAX; fd++)
        if (!open_before[fd] && !closes_on_exec(fd)) {
            char path[32], target[256];
            ssize_t size;

            snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
            size = readlink(path, target, sizeof target);
            tell_inherited(trial, fd, size > 0 ? (int)size : 0, target);
        }
    life_end(stand);
}

static void res_sockets(struct trial *trial)
{
    unsigned ms = 0;

    if (!trial->sink)
        trial_foreign(trial, "its sink is no peer");
    life_run(trial, 10);
    while (atomic_load(&trial->sink->n_open) && ms++ < 1000)
        life_pause_ms(1);
    if (atomic_load(&trial->sink->n_open))
        trial_fail(trial, "%u connections are still open at the peer when stop has returned",
            atomic_load(&trial->sink->n_open));
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
    {.id = "RES-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = res_growth,
        .asserts = "Flushes do not need more and more memory."},
    {.id = "RES-04",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = res_leaks,
        .asserts = "All memory is freed when stop has returned."},
    {.id = "RES-05",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_FLUSHED,
        .timeout_s = 60,
        .run = res_overruns,
        .asserts =
            "Nothing is written behind the end of a block, nor used before it is set or after "
            "it is freed."},
    {.id = "RES-06",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = res_close_on_exec,
        .asserts = "Descriptors close on exec."},
    {.id = "RES-07",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = res_files,
        .asserts = "A class without FS_WRITE writes no files."},
    {.id = "RES-08",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = res_data_folder,
        .asserts = "Files in the data folder do not become more and more."},
    {.id = "RES-09",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Nothing grows in ten minutes.",
        .missing =
            "RES-01 to RES-03 look for what grows with the batch, LIF-05 for what grows with "
            "the life; weir-plugin fuzz runs as long as it is told"},
    {.id = "RES-10",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = res_sockets,
        .asserts = "Connections are closed when stop has returned."},
    {.id = "RES-11",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = res_idle,
        .asserts = "Threads sleep while there is no work."},
    {.id = "RES-12",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .stages = STAGES_STARTED,
        .run = res_small_start,
        .asserts = "An instance is small before its first flush."},
    {.id = "RES-13",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = res_spin,
        .asserts = "No CPU is used while there is no work."},
    {0},
};
