/* HYG: what is the process's and not the plugin's. */
#include "kit/check.h"

#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include "base/util.h"
#include "kit/life.h"
#include "kit/snapshot.h"

#define FLUSHES 50u

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

static void hyg_signals(struct trial *trial)
{
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

static void hyg_environment(struct trial *trial)
{
    snapshot_watch(trial, ASPECT_ENVIRONMENT, FLUSHES, false);
}

/* That the process gets to the end of the check is all there is to see. */
static void hyg_stays(struct trial *trial)
{
    life_run(trial, FLUSHES);
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
        .asserts = "The environment is left alone."},
    {.id = "HYG-15",
        .level = 1,
        .scope = CHECK_CLASS,
        .clause = "Life of an instance",
        .stages = STAGES_TABLES,
        .run = hyg_stays,
        .asserts = "The process is not ended."},
    {0},
};
