/* REG: loading, and what the registration function returns. */
#include "kit/check.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"
#include "kit/check_reg.h"
#include "kit/life.h"
#include "kit/raw.h"
#include "kit/snapshot.h"
#include "kit/trial.h"
#include "plugin/loader.h"

#define COLD_LOADS 5u
#define LOAD_NS_WARN (100 * NS_PER_MS)
#define LOAD_NS_MAX NS_PER_S

static void reg_load(struct trial *trial)
{
    trial_doing(trial, "loading the plugin");
    if (!dlopen(trial->path, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
        trial_fail(trial, "%s", dlerror());
}

struct registration {
    weir_plugin_register_fn *fn;
    const struct weir_plugin *plugin;
};

static void *register_again(void *argument)
{
    struct registration *registration = argument;
    char text[512] = "";
    struct weir_error error = {sizeof error, 0, text, sizeof text};

    registration->plugin = registration->fn(raw_host(), &error);
    return NULL;
}

/* The registration on another thread. */
static const struct weir_plugin *register_elsewhere(
    struct trial *trial, weir_plugin_register_fn *fn)
{
    struct registration registration = {fn, NULL};
    pthread_t thread;

    if (pthread_create(&thread, NULL, register_again, &registration))
        trial_lacks(trial, "no thread is to be had");
    pthread_join(thread, NULL);
    return registration.plugin;
}

static void reg_same(struct trial *trial)
{
    weir_plugin_register_fn *fn = raw_load(trial);
    const struct weir_plugin *first = raw_register(trial, fn);
    struct weir_plugin before, after;
    uint32_t size = 0;

    if (!raw_read(&size, first, sizeof size))
        trial_fail(trial, "what it returns is no memory");
    size = (uint32_t)MIN(size, sizeof before);
    memset(&before, 0, sizeof before);
    after = before;
    if (!raw_read(&before, first, size))
        trial_fail(trial, "what it returns is shorter than its struct_size says");
    if (raw_register(trial, fn) != first || register_elsewhere(trial, fn) != first)
        trial_fail(trial, "called again, it returns another pointer");
    if (!raw_read(&after, first, size) || memcmp(&before, &after, sizeof before) != 0)
        trial_fail(trial, "called again, it changes what it had returned");
}

/* -- time -- */

/* Nanoseconds that dlopen and registration take in a process that has not seen the file;
 * 0: it could not be found out. */
static uint64_t time_cold_load(struct trial *trial)
{
    uint64_t took_ns = 0, started_ns;
    int ends[2];
    pid_t pid;

    if (pipe(ends))
        return 0;
    pid = fork();
    if (pid == 0) {
        started_ns = clock_now_ns();
        raw_register(trial, raw_load(trial));
        took_ns = clock_now_ns() - started_ns;
        _exit(write(ends[1], &took_ns, sizeof took_ns) == (ssize_t)sizeof took_ns ? 0 : 1);
    }
    close(ends[1]);
    if (pid < 0 || read(ends[0], &took_ns, sizeof took_ns) != (ssize_t)sizeof took_ns)
        took_ns = 0;
    close(ends[0]);
    waitpid(pid, NULL, 0);
    return took_ns;
}

/* The quickest of some: this machine may be busy. */
static void reg_quick(struct trial *trial)
{
    uint64_t quickest_ns = UINT64_MAX;

    for (unsigned i = 0; i < COLD_LOADS; i++) {
        const uint64_t took_ns = time_cold_load(trial);

        if (took_ns)
            quickest_ns = MIN(quickest_ns, took_ns);
    }
    if (quickest_ns == UINT64_MAX)
        trial_fail(trial, "it does not load in a process of its own");
    if (quickest_ns > LOAD_NS_MAX)
        trial_fail(trial, "loading and registering takes %llu ms",
            (unsigned long long)(quickest_ns / NS_PER_MS));
    if (quickest_ns > LOAD_NS_WARN)
        trial_warn(trial, "loading and registering takes %llu ms",
            (unsigned long long)(quickest_ns / NS_PER_MS));
    trial_note(trial, "loaded and registered in %llu us", (unsigned long long)quickest_ns / 1000);
}

/* -- what else loading does -- */

static void reg_no_effects(struct trial *trial)
{
    static const struct {
        enum aspect aspect;
        const char *what;
    } aspects[] = {
        {ASPECT_FDS, "descriptors"},
        {ASPECT_THREADS, "threads"},
        {ASPECT_SIGNALS, "signal handlers"},
        {ASPECT_SIGNAL_MASK, "the signal mask"},
        {ASPECT_LOCALE, "the locale"},
        {ASPECT_UMASK, "the umask"},
        {ASPECT_FOLDER, "the working folder"},
        {ASPECT_ENVIRONMENT, "the environment"},
        {ASPECT_LIMITS, "limits"},
        {ASPECT_TIMERS, "timers"},
        {ASPECT_CHILDREN, "child processes"},
        {ASPECT_ENTRIES, "files in the working folder"},
    };
    char *before[ARRAY_SIZE(aspects)];

    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++)
        before[i] = snapshot_take(aspects[i].aspect);
    raw_register(trial, raw_load(trial));
    for (size_t i = 0; i < ARRAY_SIZE(aspects); i++) {
        SCOPED_FREE char *after = snapshot_settle(aspects[i].aspect, before[i]);
        char text[512];

        snapshot_difference(before[i], after, text, sizeof text);
        if (strcmp(before[i], after) != 0)
            trial_fail(trial, "loading and registering changes %s: %s", aspects[i].what, text);
        free(before[i]);
    }
}

/* A copy of the plugin in the working folder; its path, static. False: it cannot be. */
static bool copy_plugin(const struct trial *trial, const char *path)
{
    SCOPED_FD int from = open(trial->path, O_RDONLY | O_CLOEXEC);
    SCOPED_FD int to = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0700);
    struct stat status;
    ssize_t n = 1;

    if (from < 0 || to < 0 || fstat(from, &status))
        return false;
    for (off_t left = status.st_size; left > 0 && n > 0; left -= n)
        n = sendfile(to, from, NULL, (size_t)left);
    return n > 0;
}

/* The plugin twice in one process, as when two folders hold it. */
static void reg_twice(struct trial *trial)
{
    SCOPED_FREE char *copy = mem_printf("%s/copy.so", trial->folder);
    struct stand *first, *second;
    const char *path = trial->path;
    struct descriptor *descriptor;

    if (!copy_plugin(trial, copy))
        trial_lacks(trial, "the plugin cannot be copied: %m");
    if (!dlopen(copy, RTLD_NOW | RTLD_LOCAL | RTLD_NODELETE))
        trial_foreign(trial, "a copy elsewhere does not find its libraries: %s", dlerror());
    first = life_start_apart(trial, 0);
    descriptor = trial->descriptor;
    trial->descriptor = NULL;
    trial->path = copy;
    second = life_start_apart(trial, 1);
    life_deliver(first, 0, 10);
    life_deliver(second, 10, 10);
    life_deliver(first, 20, 10);
    life_end(second);
    life_deliver(first, 30, 10);
    life_end(first);
    trial->path = path;
    trial->descriptor = descriptor;
    life_expect(trial, 40, true, false);
}

const struct check checks_reg[] = {
    {.id = "REG-01",
        .level = 1,
        .timeout_s = 5,
        .clause = "Loading",
        .stages = STAGE_FILE,
        .gives = STAGE_LOADED,
        .run = reg_load,
        .asserts = "The file loads with every symbol resolved."},
    {.id = "REG-02",
        .level = 1,
        .timeout_s = 5,
        .clause = "Loading",
        .stages = STAGES_LOADED,
        .gives = STAGE_REGISTERED,
        .run = reg_same,
        .asserts = "Registration returns the same unchanged table at every call."},
    {.id = "REG-03",
        .level = 3,
        .clause = "Loading",
        .stages = STAGES_REGISTERED,
        .run = reg_quick,
        .asserts = "Loading and registering takes under 100 ms."},
    {.id = "REG-04",
        .level = 1,
        .timeout_s = 5,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_REGISTERED,
        .gives = STAGE_TABLES,
        .run = reg_tables,
        .asserts = "The tables are such that the host takes them."},
    {.id = "REG-05",
        .level = 3,
        .clause = "The ELF note",
        .stages = STAGES_TABLES,
        .run = reg_note_agrees,
        .asserts = "The note says the same as what is registered."},
    {.id = "REG-06",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_STARTED,
        .run = reg_future,
        .asserts = "A host of a newer minor, with longer tables, works."},
    {.id = "REG-07",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Sizes, strides, and copying the smaller part",
        .stages = STAGES_STARTED,
        .run = reg_old,
        .asserts = "Nothing is read behind the end of the host's tables."},
    {.id = "REG-08",
        .level = 3,
        .clause = "Loading",
        .stages = STAGES_REGISTERED,
        .run = reg_polite,
        .asserts = "Words of a refusal fit the room there is."},
    {.id = "REG-09",
        .level = 2,
        .clause = "Rules",
        .stages = STAGES_REGISTERED,
        .run = reg_types,
        .asserts = "Types are flusher_[a-z0-9_]+ and different from each other."},
    {.id = "REG-10",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Rules",
        .stages = STAGES_TABLES,
        .run = reg_flags,
        .asserts = "Flags and sizes are such that this ABI knows."},
    {.id = "REG-11",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Loading",
        .stages = STAGES_TABLES,
        .run = reg_texts,
        .asserts = "Description and version are of use to an operator."},
    {.id = "REG-12",
        .level = 3,
        .clause = "Loading",
        .stages = STAGES_REGISTERED,
        .run = reg_no_effects,
        .asserts = "Loading and registering change nothing in the process."},
    {.id = "REG-13",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = reg_twice,
        .asserts = "Two copies of the file work side by side."},
    {.id = "REG-14",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Rules",
        .stages = STAGES_STARTED,
        .run = reg_poor_host,
        .asserts = "A host that refuses metrics and folder is borne."},
    {0},
};
