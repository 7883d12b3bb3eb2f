/* HYG: what is the process's and not the plugin's. */
#include "kit/check.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <link.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/clock.h"
#include "kit/calls.h"
#include "kit/life.h"
#include "kit/sink.h"
#include "kit/snapshot.h"

#define FLUSHES 50u
#define SEED 42
#define LINES_MAX 100u /* in a second */
#define LINE_BYTES_MAX (8 * KIB)
#define METRICS_MAX 100u
#define OBJECTS_MAX 128u /* files that the process is made of */
#define DECOYS 20u

/* Memory in place of a descriptor; how it was before. */
struct diverted {
    int fd, kept, memory;
};

static struct diverted divert(struct trial *trial, int fd)
{
    struct diverted diverted = {fd, dup(fd), memfd_create("weir-output", MFD_CLOEXEC)};

    fflush(NULL);
    if (diverted.kept < 0 || diverted.memory < 0 || dup2(diverted.memory, fd) < 0)
        trial_lacks(trial, "output cannot be diverted: %m");
    return diverted;
}

/* How many bytes were written; the first of them in `text`. */
static size_t restore(struct diverted *diverted, char *text, size_t text_max)
{
    struct stat status = {0};
    ssize_t n = pread(diverted->memory, text, text_max - 1, 0);

    text[n > 0 ? n : 0] = '\0';
    fstat(diverted->memory, &status);
    dup2(diverted->kept, diverted->fd);
    close(diverted->kept);
    close(diverted->memory);
    return (size_t)status.st_size;
}

static void hyg_output(struct trial *trial)
{
    struct diverted out = divert(trial, STDOUT_FILENO);
    struct diverted err = divert(trial, STDERR_FILENO);
    char out_text[80], err_text[80];
    size_t out_bytes, err_bytes;
    bool may_print;

    life_run(trial, FLUSHES);
    may_print = trial_class(trial)->flags & WEIR_STDOUT;
    fflush(NULL);
    out_bytes = restore(&out, out_text, sizeof out_text);
    err_bytes = restore(&err, err_text, sizeof err_text);
    if (out_bytes && !may_print)
        trial_fail(trial, "%zu bytes on the standard output, without WEIR_STDOUT: \"%s\"",
            out_bytes, out_text);
    if (err_bytes)
        trial_fail(
            trial, "%zu bytes on the standard error: \"%s\"; use host->log", err_bytes, err_text);
}

/* SIGPIPE has its default here, so that it shows who ignores it. */
static void hyg_signals(struct trial *trial)
{
    signal(SIGPIPE, SIG_DFL);
    snapshot_watch(trial, ASPECT_SIGNALS, FLUSHES, false);
}

static void hyg_locale(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_LOCALE, FLUSHES, false);
}

static void hyg_umask(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_UMASK, FLUSHES, false);
}

static void hyg_folder(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_FOLDER, FLUSHES, false);
}

/* A service may have none of what a login has. */
static void hyg_environment(struct trial *trial)
{
    static const char *const names[] = {
        "HOME", "USER", "LOGNAME", "SHELL", "TERM", "PWD", "LANG", "TMPDIR"};

    for (size_t i = 0; i < ARRAY_SIZE(names); i++)
        unsetenv(names[i]);
    snapshot_watch(trial, ASPECT_ENVIRONMENT, FLUSHES, false);
}

/* That the process gets to the end of the check is all there is to see. */
static void hyg_stays(struct trial *trial)
{
    life_run(trial, FLUSHES);
}

static void hyg_mask(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_SIGNAL_MASK, FLUSHES, false);
}

static void hyg_limits(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_LIMITS, FLUSHES, false);
}

static void hyg_timers(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_TIMERS, FLUSHES, false);
}

/* Those that have ended and were waited for are known by what they used. */
static void hyg_children(struct trial *trial)
{
    struct rusage before, after;

    getrusage(RUSAGE_CHILDREN, &before);
    snapshot_watch(trial, ASPECT_CHILDREN, FLUSHES, false);
    getrusage(RUSAGE_CHILDREN, &after);
    if (after.ru_minflt != before.ru_minflt || after.ru_nvcsw != before.ru_nvcsw)
        trial_fail(trial, "the plugin starts processes, and waits for them (fork, system, popen)");
}

static void hyg_executable(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_EXECUTABLE, FLUSHES, false);
}

static void hyg_process(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_PROCESS, FLUSHES, false);
}

static void hyg_float(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_FLOAT, FLUSHES, false);
}

/* Which file a descriptor is of; 0: none. */
static ino_t file_of(int fd)
{
    struct stat status;

    return fstat(fd, &status) ? 0 : status.st_ino;
}

/* The numbers that the plugin has closed are given out again, to the host: what the plugin
 * closes a second time is not its own any more. */
static void hyg_descriptors(struct trial *trial)
{
    ino_t standard[STDERR_FILENO + 1], files[DECOYS];
    const uint64_t end_ns = clock_now_ns() + LIFE_FLUSH_NS;
    int decoys[DECOYS];
    struct stand *stand;
    size_t n = 0;

    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        standard[fd] = file_of(fd);
    stand = stand_start(trial, NULL);
    for (; n < DECOYS && clock_now_ns() < end_ns; n++) {
        life_flush(stand, 1);
        decoys[n] = memfd_create("weir-host", MFD_CLOEXEC);
        files[n] = file_of(decoys[n]);
    }
    life_end(stand);
    for (int fd = 0; fd <= STDERR_FILENO; fd++)
        if (file_of(fd) != standard[fd])
            trial_fail(trial, "the plugin closes or replaces descriptor %d of the process", fd);
    for (size_t i = 0; i < n; i++) {
        if (files[i] && file_of(decoys[i]) != files[i])
            trial_fail(trial,
                "the plugin closes descriptor %d, which it had closed before and which is the "
                "host's by now",
                decoys[i]);
        close(decoys[i]);
    }
}

/* The sequences of the C library's generators, which the host may use. */
static void hyg_random(struct trial *trial)
{
    long expected, expected48;

    srandom(SEED); /* rand() has the same state */
    expected = random();
    srand48(SEED);
    expected48 = lrand48();
    srandom(SEED);
    srand48(SEED);
    life_run(trial, FLUSHES);
    if (random() != expected)
        trial_fail(trial, "the plugin uses rand or random, whose state is the host's; use "
                          "getrandom or a generator of its own");
    if (lrand48() != expected48)
        trial_fail(trial, "the plugin uses drand48 and the like, whose state is the host's");
}

static void hyg_at_exit(struct trial *trial)
{
    const unsigned before = calls_at_exit();

    life_need_injection(trial);
    life_run(trial, FLUSHES);
    if (calls_at_exit() > before)
        trial_fail(trial,
            "the plugin leaves %u functions for the end of the process (atexit); "
            "what must be done is done in stop",
            calls_at_exit() - before);
}

/* What the process has of a library: whether one of its functions is everybody's. Its
 * names lie before its texts in memory. */
static bool is_global(const struct link_map *object)
{
    const ElfW(Sym) *symbols = NULL;
    const char *texts = NULL;

    for (const ElfW(Dyn) *entry = object->l_ld; entry->d_tag != DT_NULL; entry++) {
        if (entry->d_tag == DT_SYMTAB)
            symbols = (const ElfW(Sym) *)entry->d_un.d_ptr; /* NOLINT(performance-no-int-to-ptr) */
        if (entry->d_tag == DT_STRTAB)
            texts = (const char *)entry->d_un.d_ptr; /* NOLINT(performance-no-int-to-ptr) */
    }
    for (const ElfW(Sym) *symbol = symbols; symbol && (const char *)(symbol + 1) <= texts; symbol++)
        if (symbol->st_shndx != SHN_UNDEF && symbol->st_value &&
            ELF64_ST_BIND(symbol->st_info) == STB_GLOBAL &&
            ELF64_ST_TYPE(symbol->st_info) == STT_FUNC &&
            (uintptr_t)dlsym(RTLD_DEFAULT, texts + symbol->st_name) ==
                object->l_addr + symbol->st_value)
            return true;
    return false;
}

static bool is_among(const struct link_map *object, const struct link_map *const *some, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (some[i] == object)
            return true;
    return false;
}

/* The files whose functions are everybody's. */
static size_t list_global(const struct link_map *objects[OBJECTS_MAX])
{
    const struct link_map *object = dlopen(NULL, RTLD_NOW | RTLD_NOLOAD);
    size_t n = 0;

    for (; object && n < OBJECTS_MAX; object = object->l_next)
        if (strcmp(object->l_name, "linux-vdso.so.1") != 0 && is_global(object))
            objects[n++] = object;
    return n;
}

/* The libraries of a plugin are its own: RTLD_GLOBAL makes them the process's. */
static void expect_local(struct trial *trial, const struct link_map *const *before, size_t n_before)
{
    const struct link_map *after[OBJECTS_MAX];
    const size_t n = list_global(after);

    for (size_t i = 0; i < n; i++)
        if (!is_among(after[i], before, n_before))
            trial_fail(trial,
                "%s was loaded with RTLD_GLOBAL: its functions take the place of others'",
                after[i]->l_name);
}

static const char *const functions[] = {"malloc", "free", "calloc", "realloc", "write", "read",
    "open", "close", "socket", "send", "memcpy", "pthread_create", "json_object_get",
    "json_tokener_parse", "XXH64", "EVP_DigestInit_ex", "pcre2_match_8", "mdb_env_open"};

static void hyg_interposes(struct trial *trial)
{
    void *before[ARRAY_SIZE(functions)];
    const struct link_map *objects[OBJECTS_MAX];
    const size_t n_objects = list_global(objects);

    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        before[i] = dlsym(RTLD_DEFAULT, functions[i]);
    life_run(trial, 3);
    for (size_t i = 0; i < ARRAY_SIZE(functions); i++)
        if (dlsym(RTLD_DEFAULT, functions[i]) != before[i])
            trial_fail(trial, "the function %s of the process is another one now", functions[i]);
    expect_local(trial, objects, n_objects);
}

static bool is_utf8(const char *text, size_t size)
{
    SCOPED_BUF struct buf shown = {0};

    buf_json_string(&shown, text, size); /* invalid bytes become U+FFFD */
    return !memmem(shown.data, shown.size, "\xef\xbf\xbd", 3);
}

/* What is logged while nothing works, by flushes one after the other. */
static void hyg_log(struct trial *trial)
{
    struct stand *stand = stand_start(trial, NULL);
    const uint64_t started_ns = clock_now_ns();
    uint64_t seconds, logged;

    sink_break(trial);
    life_flush(stand, 500);
    seconds = 1 + (clock_now_ns() - started_ns) / NS_PER_S;
    logged = atomic_load(&stand->n_logged);
    if (logged > seconds * LINES_MAX)
        trial_fail(trial, "%llu lines are logged in %llu s while the destination fails",
            (unsigned long long)logged, (unsigned long long)seconds);
    for (size_t i = 0; i < stand->n_lines; i++) {
        if (stand->lines[i].size > LINE_BYTES_MAX)
            trial_fail(trial, "a log line of %zu bytes, more than 8 KiB", stand->lines[i].size);
        if (!is_utf8(stand->lines[i].text, stand->lines[i].size))
            trial_fail(trial, "a log line is not UTF-8: %.40s", stand->lines[i].text);
        if (stand->lines[i].level > WEIR_LOG_DEBUG)
            trial_fail(trial, "a log line of level %u, which is none", stand->lines[i].level);
    }
    life_end(stand);
}

static bool ends_with(const char *text, const char *end)
{
    const size_t size = strlen(text), end_size = strlen(end);

    return size >= end_size && !strcmp(text + size - end_size, end);
}

static void hyg_metrics(struct trial *trial)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789_";
    struct stand *stand = stand_start(trial, NULL);

    life_flush(stand, METRICS_MAX + 20); /* a name for each batch is seen, too */
    if (stand->n_metrics > METRICS_MAX)
        trial_fail(trial, "%zu metrics; is there data in their names?", stand->n_metrics);
    for (size_t i = 0; i < stand->n_metrics; i++) {
        const struct stand_metric *metric = &stand->metrics[i];

        if (metric->name[0] < 'a' || metric->name[0] > 'z' ||
            metric->name[strspn(metric->name, letters)])
            trial_fail(trial, "the metric '%s' is not named [a-z][a-z0-9_]*", metric->name);
        if (metric->kind == WEIR_METRIC_COUNTER && !ends_with(metric->name, "_total"))
            trial_fail(trial, "the counter '%s' does not end in _total", metric->name);
    }
    life_end(stand);
}

static void hyg_network(struct trial *trial)
{
    const uint64_t before = calls_networked();

    life_need_injection(trial);
    if (trial_class(trial)->flags & WEIR_NET)
        trial_foreign(trial, "the class may use the network");
    life_run(trial, FLUSHES);
    if (calls_networked() > before)
        trial_fail(trial, "it uses sockets of the Internet's %llu times, and the class is not NET",
            (unsigned long long)(calls_networked() - before));
}

const struct check checks_hyg[] = {
    {.id = "HYG-01",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = hyg_output,
        .asserts = "Nothing is printed, but for the standard output of a class with STDOUT."},
    {.id = "HYG-02",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_signals,
        .asserts = "Signal handlers are left alone."},
    {.id = "HYG-03",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_mask,
        .asserts = "The signal mask of the calling thread is left alone."},
    {.id = "HYG-04",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_locale,
        .asserts = "The locale is left alone."},
    {.id = "HYG-05",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_umask,
        .asserts = "The umask is left alone."},
    {.id = "HYG-06",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_folder,
        .asserts = "The working folder is left alone."},
    {.id = "HYG-07",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_environment,
        .asserts = "The environment is left alone, and need not be that of a login."},
    {.id = "HYG-08",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_limits,
        .asserts = "Limits, priority and CPUs of the process are left alone."},
    {.id = "HYG-09",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_timers,
        .asserts = "No timers of the process are used."},
    {.id = "HYG-10",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_children,
        .asserts = "No child processes are started."},
    {.id = "HYG-11",
        .level = 2,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_executable,
        .asserts = "No memory is both writable and executable."},
    {.id = "HYG-12",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_process,
        .asserts = "Name and attributes of the process are left alone."},
    {.id = "HYG-13",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_float,
        .asserts = "Rounding of the calling thread is left alone."},
    {.id = "HYG-14",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_random,
        .asserts = "Random numbers of the process are left alone."},
    {.id = "HYG-15",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_TABLES,
        .run = hyg_stays,
        .asserts = "The process is not ended."},
    {.id = "HYG-16",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_STARTED,
        .run = hyg_at_exit,
        .asserts = "Nothing is left for the end of the process."},
    {.id = "HYG-17",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Rules",
        .stages = STAGES_STARTED,
        .run = hyg_interposes,
        .asserts = "No function of the process becomes another one."},
    {.id = "HYG-18",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Memory",
        .asserts = "Memory is freed by the side that made it.",
        .missing =
            "a block of the other side that is freed shows as a crash, or under AddressSanitizer"},
    {.id = "HYG-19",
        .level = 3,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = hyg_log,
        .asserts = "Log lines are short, UTF-8, and few while the destination fails."},
    {.id = "HYG-20",
        .level = 4,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = hyg_metrics,
        .asserts = "Metrics are few and well named."},
    {.id = "HYG-21",
        .level = 5,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .run = hyg_network,
        .asserts = "A class without NET does not use the network."},
    {.id = "HYG-22",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_FLUSHED,
        .timeout_s = 30,
        .run = hyg_descriptors,
        .asserts = "Descriptors of the process are left alone."},
    {0},
};
