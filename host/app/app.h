/*
 * The running program: the set of pipelines, the threads they run on, signals,
 * and the stop. [control]
 */
#ifndef APP_APP_H
#define APP_APP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct catalog;
struct dead_letters;
struct group;
struct leftovers;
struct loop;
struct metrics;
struct reload_waiter;
struct snapshot;

/* Exit codes of `weir run`; the rest are sysexits' (docs/operating.md). */
enum {
    EXIT_FINDINGS = 1,  /* --once: something was dropped or rejected */
    EXIT_NO_INPUT = 66, /* there is no such configuration */
    EXIT_INTERNAL = 70, /* no thread could be started */
    EXIT_LEFT = 75,     /* --once: something is left at the drain timeout */
    EXIT_CONFIG = 78,   /* nothing can run */
};

/* Everything is borrowed, until app_destroy. */
struct app_request {
    struct catalog *catalog;
    char *const *paths; /* FILE|DIR of pipelines */
    size_t n_paths;
    bool compat;
    const char *data_dir; /* made if it is not there */
    bool once;
    bool text_diags;           /* diagnostics at the start are text, not log lines */
    bool watch;                /* the configuration files; changes are applied by themselves */
    uint64_t drain_timeout_ns; /* without progress, at a stop */
};

/* Takes the data folder; starts no thread. NULL when it cannot; why is logged. */
struct app *app_create(const struct app_request *request);
/* Runs until a signal, or with `once` to the end. Returns the exit code. */
int app_run(struct app *app);
/* False when a flusher hangs and was left behind: what it uses stays, and so must the
 * catalog and all that the end of the process would undo. NULL is fine. */
bool app_destroy(struct app *app);

/* The loop of the control thread, which app_run turns. */
struct loop *app_loop(struct app *app);
const char *app_data_dir(const struct app *app);

/* Reads the configuration again; `waiter` (app/reload.h) is told what came of it, or
 * NULL when the process ends before. False when that cannot be: with `once`, at a stop. */
bool app_reload(struct app *app, const char *reason, struct reload_waiter *waiter);

/* What plugins measure. */
struct metrics *app_metrics(struct app *app);
/* What was given up. */
struct dead_letters *app_dead_letters(struct app *app);
/* For dead_letters_replay, with the app as context: takes the group over for a flusher
 * that runs and whose pipeline is not being changed; else false. */
bool app_push_letter(void *app, const char *flusher, struct group *group);

/* Spools that no flusher uses (app/leftovers.h). NULL when it is not the time to touch
 * them: the configuration is being changed, or weir stops. */
struct leftovers *app_leftovers(struct app *app);

/* How everything is now; the caller's (app/snapshot.h). On the control thread. */
struct snapshot *app_snapshot(struct app *app);

#endif
