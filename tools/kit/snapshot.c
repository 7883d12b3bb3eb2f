#include "kit/snapshot.h"

#include <dirent.h>
#include <fenv.h>
#include <locale.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>
#include "base/buf.h"
#include "base/mem.h"
#include "kit/life.h"
#include "kit/words.h"

/* A joined thread is still listed for a moment. */
#define SETTLE_MS 50u
/* The C library installs handlers for these with the first thread. */
#define LIBRARY_SIGNALS (UINT64_C(3) << 31)

/* The value of a line of /proc/self/status. */
static void put_status(struct buf *out, const char *key)
{
    FILE *file = fopen("/proc/thread-self/status", "re");
    const size_t size = strlen(key);
    char line[512];

    while (file && fgets(line, sizeof line, file))
        if (!strncmp(line, key, size) && line[size] == ':')
            buf_puts(out, line);
    if (file)
        fclose(file);
}

static void put_signals(struct buf *out)
{
    static const char *const keys[] = {"SigIgn", "SigCgt"};

    for (size_t i = 0; i < ARRAY_SIZE(keys); i++) {
        SCOPED_BUF struct buf line = {0};
        const char *colon;

        put_status(&line, keys[i]);
        colon = strchr(buf_text(&line), ':');
        buf_printf(out, "%s %016llx\n", keys[i],
            colon ? strtoull(colon + 1, NULL, 16) & ~LIBRARY_SIGNALS : 0);
    }
}

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The entries of a folder in order, each with where it leads. */
static void put_folder(struct buf *out, const char *path, bool links)
{
    struct dirent **entries = NULL;
    int n = scandir(path, &entries, NULL, alphasort);

    for (int i = 0; i < n; i++) {
        char link[512], target[512];
        ssize_t size = -1;

        snprintf(link, sizeof link, "%s/%s", path, entries[i]->d_name);
        if (links)
            size = readlink(link, target, sizeof target - 1);
        /* The descriptor that read this folder is gone by now. */
        if (entries[i]->d_name[0] != '.' && (!links || size > 0))
            buf_printf(out, "%s%s%.*s\n", entries[i]->d_name, links ? " " : "",
                size > 0 ? (int)size : 0, target);
        free(entries[i]);
    }
    free(entries);
}

static void put_environment(struct buf *out)
{
    const char **sorted;
    size_t n = 0;

    while (environ && environ[n])
        n++;
    sorted = mem_calloc(n + 1, sizeof *sorted);
    for (size_t i = 0; i < n; i++)
        sorted[i] = environ[i];
    qsort(sorted, n, sizeof *sorted, by_text);
    for (size_t i = 0; i < n; i++)
        buf_printf(out, "%s\n", sorted[i]);
    free((void *)sorted);
}

static void put_limits(struct buf *out)
{
    cpu_set_t cpus;
    struct rlimit limit;

    for (int i = 0; i < RLIM_NLIMITS; i++)
        if (!getrlimit((__rlimit_resource_t)i, &limit))
            buf_printf(out, "limit %d %llu %llu\n", i, (unsigned long long)limit.rlim_cur,
                (unsigned long long)limit.rlim_max);
    buf_printf(out, "nice %d\n", getpriority(PRIO_PROCESS, 0));
    buf_printf(out, "scheduler %d\n", sched_getscheduler(0));
    CPU_ZERO(&cpus);
    if (!sched_getaffinity(0, sizeof cpus, &cpus))
        buf_printf(out, "cpus %d\n", CPU_COUNT(&cpus));
    put_status(out, "VmLck");
}

/* A text file of /proc as it is. */
static void put_file(struct buf *out, const char *path)
{
    FILE *file = fopen(path, "re");
    char bytes[4096];
    size_t n;

    while (file && (n = fread(bytes, 1, sizeof bytes, file)) > 0)
        buf_append(out, bytes, n);
    if (file)
        fclose(file);
}

static void put_timers(struct buf *out)
{
    static const __itimer_which_t which[] = {ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF};
    struct itimerval timer;

    for (size_t i = 0; i < ARRAY_SIZE(which); i++)
        if (!getitimer(which[i], &timer))
            buf_printf(out, "interval timer %zu %s\n", i,
                timer.it_value.tv_sec || timer.it_value.tv_usec ? "runs" : "is off");
    put_file(out, "/proc/self/timers");
}

static void put_children(struct buf *out)
{
    DIR *tasks = opendir("/proc/self/task");
    const struct dirent *entry;
    char path[320];

    while (tasks && (entry = readdir(tasks))) {
        snprintf(path, sizeof path, "/proc/self/task/%s/children", entry->d_name);
        put_file(out, path);
    }
    if (tasks)
        closedir(tasks);
}

static void put_executable(struct buf *out)
{
    FILE *file = fopen("/proc/self/maps", "re");
    char line[512];

    while (file && fgets(line, sizeof line, file)) {
        const char *rights = strchr(line, ' ');

        if (rights && rights[2] == 'w' && rights[3] == 'x')
            buf_puts(out, line);
    }
    if (file)
        fclose(file);
}

static void put_process(struct buf *out)
{
    int subreaper = 0;

    put_file(out, "/proc/self/comm");
    prctl(PR_GET_CHILD_SUBREAPER, &subreaper);
    buf_printf(out, "dumpable %d\nsubreaper %d\nsecurebits %d\nno_new_privs %d\n",
        prctl(PR_GET_DUMPABLE), subreaper, prctl(PR_GET_SECUREBITS),
        prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0));
}

static void put_float(struct buf *out)
{
    buf_printf(out, "rounding %d\n", fegetround());
#if defined(__x86_64__)
    /* Without the sticky bits that say what has happened. */
    buf_printf(out, "mxcsr %#x\n", __builtin_ia32_stmxcsr() & ~0x3fu);
#endif
}

static void put_working_folder(struct buf *out)
{
    char path[4096];
    ssize_t size = readlink("/proc/self/cwd", path, sizeof path);

    buf_printf(out, "%.*s\n", size > 0 ? (int)size : 0, path);
}

char *snapshot_take(enum aspect aspect)
{
    struct buf out = {0};

    switch (aspect) {
    case ASPECT_FDS:
        put_folder(&out, "/proc/self/fd", true);
        break;
    case ASPECT_THREADS:
        put_folder(&out, "/proc/self/task", false);
        break;
    case ASPECT_SIGNALS:
        put_signals(&out);
        break;
    case ASPECT_SIGNAL_MASK:
        put_status(&out, "SigBlk");
        break;
    case ASPECT_LOCALE:
        buf_printf(&out, "%s\n", setlocale(LC_ALL, NULL));
        break;
    case ASPECT_UMASK:
        put_status(&out, "Umask");
        break;
    case ASPECT_FOLDER:
        put_working_folder(&out);
        break;
    case ASPECT_ENVIRONMENT:
        put_environment(&out);
        break;
    case ASPECT_LIMITS:
        put_limits(&out);
        break;
    case ASPECT_TIMERS:
        put_timers(&out);
        break;
    case ASPECT_CHILDREN:
        put_children(&out);
        break;
    case ASPECT_EXECUTABLE:
        put_executable(&out);
        break;
    case ASPECT_PROCESS:
        put_process(&out);
        break;
    case ASPECT_ENTRIES:
        put_folder(&out, ".", false);
        break;
    case ASPECT_FLOAT:
        put_float(&out);
        break;
    }
    return buf_take(&out);
}

char *snapshot_settle(enum aspect aspect, const char *before)
{
    char *now = snapshot_take(aspect);

    for (unsigned ms = 0; ms < SETTLE_MS && strcmp(before, now) != 0; ms++) {
        free(now);
        life_pause_ms(1);
        now = snapshot_take(aspect);
    }
    return now;
}

/* The lines of one text that the other does not have. */
static void put_new_lines(const char *old, const char *new, struct buf *out)
{
    while (*new) {
        const size_t size = strcspn(new, "\n");
        SCOPED_FREE char *line = mem_printf("%.*s\n", (int)size, new);
        const char *at = strstr(old, line);

        if (!at || (at != old && at[-1] != '\n'))
            buf_printf(out, "%s%.*s", out->size ? ", " : "", (int)size, new);
        new += size + (new[size] == '\n');
    }
}

void snapshot_difference(const char *before, const char *after, char *text, size_t text_max)
{
    SCOPED_BUF struct buf more = {0};
    SCOPED_BUF struct buf fewer = {0};

    put_new_lines(before, after, &more);
    put_new_lines(after, before, &fewer);
    if (more.size && fewer.size)
        snprintf(text, text_max, "%s (was: %s)", buf_text(&more), buf_text(&fewer));
    else if (fewer.size)
        snprintf(text, text_max, "gone: %s", buf_text(&fewer));
    else
        snprintf(text, text_max, "%s", buf_text(&more));
}

void snapshot_expect(
    struct trial *trial, enum aspect aspect, const char *before, const char *format, ...)
{
    SCOPED_FREE char *after = snapshot_settle(aspect, before);
    char words[256], text[512];
    va_list arguments;

    if (!strcmp(before, after))
        return;
    va_start(arguments, format);
    words_put(words, sizeof words, format, arguments);
    va_end(arguments);
    snapshot_difference(before, after, text, sizeof text);
    trial_fail(trial, "%s: %s", words, text);
}

void snapshot_watch(struct trial *trial, enum aspect aspect, unsigned n_flushes, bool only_ends)
{
    SCOPED_FREE char *before = snapshot_take(aspect);
    struct stand *stand;

    trial_descriptor(trial);
    snapshot_expect(trial, aspect, before, "changed by the end of loading");
    stand = stand_start(trial, NULL);
    if (!only_ends)
        snapshot_expect(trial, aspect, before, "changed by the end of init");
    life_flush(stand, n_flushes);
    if (!only_ends)
        snapshot_expect(trial, aspect, before, "changed by the end of the flushes");
    life_end(stand);
    snapshot_expect(trial, aspect, before, "changed by the end of stop");
}
