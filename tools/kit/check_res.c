/* RES: what an instance uses and gives back. */
#include "kit/check.h"

#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/util.h"
#include "kit/calls.h"
#include "kit/heap.h"
#include "kit/life.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define WARM_UP 10u
#define FLUSHES 300u
#define GROWTH_BYTES 8u /* a flush */
#define ROUNDS 3u
#define RISE_BYTES 2u /* a flush, when it never stops */
#define FAILURES 60u
#define GROWTH_SLACK (64 * KIB)
#define LEAK_LIVES 10u
#define SLOW_NS NS_PER_S /* a life that takes longer has one flush */
#define FDS_MAX 256u
#define WAKES_MAX 20u /* in a second */
#define START_BYTES ((uint64_t)32 << 20)
#define IDLE_MS 500u
#define IDLE_WAKES 50u /* one that sleeps in between is RES-11's matter */
#define BREAKS 12u     /* connections that are broken */

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

/* -- memory -- */

static uint64_t live_bytes(void)
{
    size_t blocks;
    uint64_t bytes;

    life_pause_ms(20);
    heap_live(&blocks, &bytes);
    return bytes;
}

/* One block that grows a little with each batch is seen when it grows on and on. */
static void expect_level(struct trial *trial, struct stand *stand)
{
    uint64_t bytes[ROUNDS + 1];
    unsigned n = 0, rising = 0;
    char text[512];

    bytes[0] = live_bytes();
    for (unsigned i = 0; i < ROUNDS; i++) {
        n += life_flush(stand, FLUSHES << i);
        bytes[i + 1] = live_bytes();
        rising += bytes[i + 1] > bytes[i];
    }
    heap_describe(text, sizeof text);
    if (rising == ROUNDS && bytes[ROUNDS] - bytes[0] > (uint64_t)n * RISE_BYTES)
        trial_fail(trial, "memory grows with each batch, %llu bytes after %u: %s",
            (unsigned long long)(bytes[ROUNDS] - bytes[0]), n, text);
}

/* What cannot be delivered must leave nothing behind either. */
static void expect_no_leak_at_failure(struct trial *trial, struct stand *stand)
{
    size_t early = 0, late = 0;
    uint64_t bytes;
    char text[512];
    unsigned n;

    if (!life_break_apart(trial, 1))
        return;
    life_flush(stand, WARM_UP);
    live_bytes();
    heap_live(&early, &bytes);
    n = life_flush(stand, FAILURES);
    live_bytes();
    heap_live(&late, &bytes);
    heap_describe(text, sizeof text);
    if (n > WARM_UP && late > early + n / 2)
        trial_fail(trial, "%u flushes that fail leave %zu blocks: %s", n, late - early, text);
}

/* Flushes of equal batches must not need more and more memory. */
static void res_growth(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    uint64_t early = 0, late = 0;
    size_t early_blocks = 0, late_blocks = 0;
    char text[512];
    unsigned n;

    if (!heap_visible())
        trial_foreign(
            trial, "a sanitizer has the heap and the calls; the ordinary run sees to this");
    life_flush(stand, WARM_UP);
    heap_watch(true);
    life_flush(stand, WARM_UP);
    life_pause_ms(20);
    heap_live(&early_blocks, &early);
    n = life_flush(stand, FLUSHES);
    life_pause_ms(20);
    heap_live(&late_blocks, &late);
    heap_describe(text, sizeof text);
    if (n > WARM_UP && late_blocks > early_blocks + n / 2)
        trial_fail(trial, "%u flushes leave %zu blocks, %llu bytes more: %s", n,
            late_blocks - early_blocks, (unsigned long long)(late - early), text);
    if (late > early + (uint64_t)n * GROWTH_BYTES + GROWTH_SLACK)
        trial_fail(trial, "%u flushes need %llu bytes more: %s", n,
            (unsigned long long)(late - early), text);
    expect_level(trial, stand);
    life_end(stand);
    stand = life_start_apart(trial, 1);
    expect_no_leak_at_failure(trial, stand);
    life_end(stand);
}

/* LeakSanitizer prints where they were made. */
static void leaks_by_sanitizer(struct trial *trial)
{
    int (*find)(void) = NULL;

    *(void **)&find = dlsym(RTLD_DEFAULT, "__lsan_do_recoverable_leak_check");
    if (!find)
        trial_foreign(trial, "this sanitizer does not look for leaks");
    life_run(trial, 20);
    if (find())
        trial_fail(trial, "LeakSanitizer has found leaks");
}

/* What a third life, like the two before it, leaves behind is lost. */
static void res_leaks(struct trial *trial)
{
    unsigned n_flushes = 20;
    size_t blocks = 0;
    uint64_t bytes = 0, started_ns;
    char text[512];

    if (!heap_visible()) {
        leaks_by_sanitizer(trial);
        return;
    }
    started_ns = clock_now_ns();
    life_run(trial, 20);
    if (clock_now_ns() - started_ns > SLOW_NS)
        n_flushes = 1;
    life_run(trial, n_flushes);
    heap_watch(true);
    for (unsigned i = 0; i < LEAK_LIVES; i++)
        life_run(trial, n_flushes);
    heap_watch(false);
    life_pause_ms(20);
    heap_live(&blocks, &bytes);
    heap_describe(text, sizeof text);
    if (blocks >= LEAK_LIVES)
        trial_fail(trial, "%u lives leave %zu blocks, %llu bytes: %s", LEAK_LIVES, blocks,
            (unsigned long long)bytes, text);
    trial_note(trial, "%zu blocks left", blocks);
}

static void res_overruns(struct trial *trial)
{
    struct stand *stand;
    char text[512];

    if (!heap_visible())
        trial_foreign(
            trial, "a sanitizer has the heap and the calls; the ordinary run sees to this");
    trial_descriptor(trial);
    heap_guard(true);
    stand = stand_start(trial, NULL);
    life_flush(stand, 20);
    life_odd_sizes(stand);
    life_end(stand);
    if (heap_overrun(text, sizeof text))
        trial_fail(trial, "the plugin writes behind the end of a block that %s had got", text);
}

/* -- descriptors and files -- */

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

/* Files that the process has open for writing, but for those under the folder. */
static void expect_no_files(struct trial *trial)
{
    DIR *folder = opendir("/proc/self/fd");
    const struct dirent *entry;

    while (folder && (entry = readdir(folder))) {
        char path[320], target[512];
        ssize_t size;
        int flags;

        snprintf(path, sizeof path, "/proc/self/fd/%s", entry->d_name);
        size = readlink(path, target, sizeof target - 1);
        flags = fcntl(atoi(entry->d_name), F_GETFL);
        if (size <= 0 || flags < 0 || (flags & O_ACCMODE) == O_RDONLY || atoi(entry->d_name) < 3)
            continue;
        target[size] = '\0';
        if (target[0] == '/' && strncmp(target, "/dev/", 5) != 0 &&
            strncmp(target, "/memfd:", 7) != 0 &&
            strncmp(target, trial->folder, strlen(trial->folder)) != 0)
            trial_fail(trial, "%s is open for writing, and the class is not FS_WRITE", target);
    }
    if (folder)
        closedir(folder);
}

static void res_files(struct trial *trial)
{
    SCOPED_FREE char *before = NULL;
    SCOPED_FREE char *after = NULL;
    struct stand *stand = stand_start(trial, NULL);
    char text[512];

    if (stand->class->flags & WEIR_FS_WRITE)
        trial_foreign(trial, "the class may write files");
    before = snapshot_take(ASPECT_ENTRIES);
    life_flush(stand, 10);
    expect_no_files(trial);
    after = snapshot_take(ASPECT_ENTRIES);
    /* The data folder of the instance is its own. */
    snapshot_difference(before, after, text, sizeof text);
    if (strcmp(before, after) != 0 && strcmp(text, "data") != 0)
        trial_fail(
            trial, "files are made in the working folder, and the class is not FS_WRITE: %s", text);
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

static void res_idle(struct trial *trial)
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
static void res_spin(struct trial *trial)
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

static uint64_t resident_bytes(void)
{
    FILE *file = fopen("/proc/self/statm", "re");
    unsigned long pages = 0;

    if (file && fscanf(file, "%*u %lu", &pages) != 1)
        pages = 0;
    if (file)
        fclose(file);
    return (uint64_t)pages * (uint64_t)sysconf(_SC_PAGESIZE);
}

static void res_small_start(struct trial *trial)
{
    const uint64_t before = resident_bytes();
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t after = resident_bytes();

    if (after > before + START_BYTES)
        trial_warn(trial, "the plugin and one instance take %llu MiB before the first flush",
            (unsigned long long)((after - before) >> 20));
    life_end(stand);
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
        .asserts = "Nothing is written behind the end of a block."},
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
        .asserts = "Files in the data folder are bounded and removed.",
        .missing = "not written yet"},
    {.id = "RES-09",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .asserts = "Nothing grows in ten minutes.",
        .missing = "not written yet; weir-plugin fuzz runs as long as it is told"},
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
