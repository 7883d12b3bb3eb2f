/*
 * What the files of the app share: app.c (life and stop), app_load.c (the first load, and what
 * follows each), app_view.c (what is seen and asked of it from outside).
 */
#ifndef APP_APP_PRIVATE_H
#define APP_APP_PRIVATE_H

#include "app/app.h"
#include "app/catalog.h"
#include "app/data_watch.h"
#include "app/leftovers.h"
#include "app/notify.h"
#include "app/reload.h"
#include "app/reminder.h"
#include "app/signals.h"
#include "app/stop.h"
#include "base/host_facts.h"
#include "base/loop.h"

struct app {
    struct app_request request;
    uint64_t started_ns;
    struct data_watch *data; /* NULL: the data folder is not ours */
    struct loop *loop;       /* the control thread's */
    struct notify *notify;
    struct signals *signals;
    struct loop_call input_ended; /* posted by the ingest loops */
    struct jobs *jobs;
    struct ingest *ingest;
    struct loop_timer patience; /* with the first load */
    size_t n_made;              /* pipelines, when it was set */
    struct pipeline_shared shared;
    struct host_facts host;
    struct pipeline_set *set;
    struct leftovers *leftovers;
    struct reloader *reloader;
    struct reminder *reminder;
    struct stop *stop;
    bool loaded;            /* the first round of loading has ended */
    _Atomic size_t n_ended; /* pipelines all of whose inputs have, with `once` */
    uint64_t stopping_ns;   /* since when */
    bool left_behind;       /* something hangs, and uses the rest still */
    int code;               /* of the exit */
};

/* Nothing new begins, and all ends; once. */
void app_begin_stop(struct app *app);

void app_init_load(struct app *app);
/* The first load begins: what is made of it waits for the rest. */
void app_wait_for_load(struct app *app);
/* Reading begins, if it has not. */
void app_start_ingest(struct app *app);
/* What the set, the reloader and the loops tell; the owner is the app. */
void app_applied(void *owner, struct reload_result *result);
void app_reload_began(void *owner);
void app_reload_ended(void *owner, const struct reload_result *result);
void app_pipeline_ended(void *owner, struct pipeline *pipeline);

#endif
