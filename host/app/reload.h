/*
 * Bringing what runs to what the configuration files say now: they are read on a thread
 * of their own, compared by meaning, and what differs is changed, pipeline by pipeline.
 * Wishes that come while that goes on are met together by one more round. [control]
 */
#ifndef APP_RELOAD_H
#define APP_RELOAD_H

#include "app/config_watch.h"
#include "app/pipeline_set.h"
#include "app/reload_history.h"

struct reloader;

/* Waits for a reload that began after it asked; `result` is NULL when there will be none; memory is
 * the caller's, zeroed but for the call. */
struct reload_waiter {
    void (*done)(struct reload_waiter *self, const struct reload_result *result);
    struct list link; /* private */
};

struct reloader_spec {
    struct loop *loop;
    struct jobs *jobs;
    struct pipeline_set *set;
    struct configs_request configs;
    bool watch; /* the files, too */
    bool text;  /* what is wrong at first is told as text, not in the log's form */
    /* A round has begun; has ended. */
    void (*began)(void *owner);
    void (*ended)(void *owner, const struct reload_result *result);
    void *owner;
};

struct reloader *reloader_create(const struct reloader_spec *spec);
/* Waiters are told nothing. NULL is fine. */
void reloader_destroy(struct reloader *reloader);

/* The first round, which reads here and now. False when
 * there is no file at all: then nothing begins. */
bool reloader_begin(struct reloader *reloader);
/* `reason` is for the log; `waiter` may be NULL. */
void reloader_ask(struct reloader *reloader, const char *reason, struct reload_waiter *waiter);
/* No further round begins. */
void reloader_stop(struct reloader *reloader);

const struct reload_history *reloader_history(const struct reloader *reloader);

/* What pipeline_set tells when all is applied. */
void reloader_applied(struct reloader *reloader, struct reload_result *result);

#endif
