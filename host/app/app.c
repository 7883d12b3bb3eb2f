#include "app/app.h"

#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "app/app_private.h"
#include "app/data_lock.h"
#include "app/once_report.h"
#include "app/shared.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "input/checkpoints.h"

/* A signal so soon after the first is the same one, sent to the process and to its
 * group (timeout(1) does that). */
#define SAME_SIGNAL_NS (300 * NS_PER_MS)

/* What a stop may take beyond the drain: flushers are told, and stop. */
#define STOP_TIME_NS (20 * NS_PER_S)

/* -- stop -- */

void app_begin_stop(struct app *app)
{
    if (stop_has_begun(app->stop))
        return;
    app_start_ingest(app);
    app->stopping_ns = clock_now_ns();
    notify_stopping(app->notify, app->request.drain_timeout_ns + STOP_TIME_NS);
    reloader_stop(app->reloader);
    leftovers_stop(app->leftovers);
    reminder_destroy(take_ptr(app->reminder));
    stop_begin(app->stop);
}

static void stopped(void *owner)
{
    struct app *app = owner;

    loop_stop(app->loop);
}

static void take_stop_signal(void *owner, const char *name)
{
    struct app *app = owner;
    bool again = stop_has_begun(app->stop);

    if (again && clock_now_ns() - app->stopping_ns < SAME_SIGNAL_NS)
        return;
    log_info(again ? "second signal: stopping at once" : "stopping", LOG_STR("signal", name));
    if (again)
        stop_at_once(app->stop);
    else
        app_begin_stop(app);
}

static void take_reload_signal(void *owner)
{
    struct app *app = owner;

    if (app->request.once)
        log_warn("with --once the configuration is not read again");
    else
        reloader_ask(app->reloader, "SIGHUP", NULL);
}

/* -- life -- */

static int take_signals(struct app *app)
{
    app->signals = signals_create(
        &(struct signals_spec){app->loop, take_stop_signal, take_reload_signal, app});
    return app->signals ? 0 : -1;
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static int make_shared(struct app *app)
{
    const struct app_request *request = &app->request;
    char why[512] = "";

    host_facts_find(&app->host);
    if (shared_open(&app->shared, catalog_registry(request->catalog), request->data_dir, &app->host,
            request->once))
        return -1;
    app->shared.ended = app_pipeline_ended;
    app->shared.owner = app;
    app->ingest = ingest_create(n_cores(), why, sizeof why);
    if (!app->ingest)
        log_error("cannot start", LOG_STR("why", why));
    return app->ingest ? 0 : -1;
}

static void join(struct app *app)
{
    const struct app_request *request = &app->request;

    app->jobs = jobs_create(app->loop);
    app->set = pipeline_set_create(&(struct pipeline_set_spec){
        .shared = &app->shared,
        .ingest = app->ingest,
        .jobs = app->jobs,
        .patience_ns = request->drain_timeout_ns,
        .applied = app_applied,
        .owner = app,
    });
    app->leftovers = leftovers_create(app->jobs, app->shared.spools);
    app->reloader = reloader_create(&(struct reloader_spec){
        .loop = app->loop,
        .jobs = app->jobs,
        .set = app->set,
        .configs = {.catalog = request->catalog,
            .paths = request->paths,
            .n_paths = request->n_paths,
            .compat = request->compat},
        .watch = request->watch && !request->once,
        .text = request->text_diags,
        .began = app_reload_began,
        .ended = app_reload_ended,
        .owner = app,
    });
    app->reminder = reminder_create(app->loop, app->set, REMINDER_INTERVAL_NS);
    app->stop = stop_create(&(struct stop_spec){
        .loop = app->loop,
        .jobs = app->jobs,
        .set = app->set,
        .patience_ns = request->drain_timeout_ns,
        .done = stopped,
        .owner = app,
    });
}

/* Frees all, but for what a hung flusher still uses. */
static void tear_down(struct app *app)
{
    if (app->jobs && (jobs_count(app->jobs) || pipeline_set_is_applying(app->set))) {
        checkpoints_end(app->shared.checkpoints); /* the process ends; what is left stays */
        app->left_behind = true;
        return;
    }
    app->left_behind =
        app->set && (stop_left_behind(app->stop) || pipeline_set_left_behind(app->set));
    if (app->ingest)
        ingest_stop(app->ingest);
    stop_destroy(app->stop);
    reminder_destroy(app->reminder);
    reloader_destroy(app->reloader);
    pipeline_set_destroy(app->set);
    jobs_destroy(app->jobs);
    leftovers_destroy(app->leftovers);
    if (app->ingest)
        ingest_destroy(app->ingest);
    app->left_behind = shared_close(&app->shared, app->left_behind);
}

struct app *app_create(const struct app_request *request)
{
    struct app *app = mem_zalloc(sizeof *app);
    int lock_fd;

    app->request = *request;
    app->started_ns = clock_now_ns();
    app_init_load(app);
    app->loop = loop_create();
    if (app->loop)
        app->notify = notify_create(app->loop);
    lock_fd = data_lock(request->data_dir);
    if (app->loop && lock_fd >= 0) {
        app->data = data_watch_create(app->loop, request->data_dir, lock_fd);
        return app;
    }
    if (lock_fd >= 0)
        close(lock_fd);
    app_destroy(app);
    return NULL;
}

/* After the last that may take its time: what the stop took is the host's to say, since
 * whoever waits for its end may be late. */
static void tell_stopped(const struct app *app)
{
    if (app->stopping_ns && !app->request.once)
        log_info("stopped", LOG_INT("took_ms", (clock_now_ns() - app->stopping_ns) / NS_PER_MS));
}

int app_run(struct app *app)
{
    raise_descriptor_limit();
    app->code = EXIT_CONFIG;
    if (!take_signals(app) && !make_shared(app)) {
        join(app);
        app->code = 0;
        app_wait_for_load(app);
        if (reloader_begin(app->reloader))
            loop_run(app->loop);
        else
            app->code = EXIT_NO_INPUT;
        if (!app->code && app->request.once)
            app->code = once_report(app->set);
    }
    tear_down(app);
    tell_stopped(app);
    return app->code;
}

bool app_destroy(struct app *app)
{
    if (!app)
        return true;
    signals_destroy(app->signals);
    data_watch_destroy(app->data);
    notify_destroy(app->notify);
    if (app->left_behind)
        return false;
    loop_destroy(app->loop);
    free(app);
    return true;
}
