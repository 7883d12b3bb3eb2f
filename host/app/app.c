#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include "app/catalog.h"
#include "app/data_lock.h"
#include "app/data_watch.h"
#include "app/leftovers.h"
#include "app/notify.h"
#include "app/once_report.h"
#include "app/reload.h"
#include "app/reminder.h"
#include "app/snapshot.h"
#include "app/stop.h"
#include "base/clock.h"
#include "base/filesystem.h"
#include "base/host_facts.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/dead_letter.h"
#include "input/checkpoints.h"
#include "plugin/registry.h"

/* A signal so soon after the first is the same one, sent to the process and to its
 * group (timeout(1) does that). */
#define SAME_SIGNAL_NS (300 * NS_PER_MS)

/* What a stop may take beyond the drain: flushers are told, and stop. */
#define STOP_TIME_NS (20 * NS_PER_S)
/* The pipelines that are made wait for those that are not yet: as long as some more are
 * made in each such time, and not longer than that. */
#define LOAD_PATIENCE_NS (500 * NS_PER_MS)
#define LOAD_TIME_MAX_NS (10 * NS_PER_S)

struct app {
    struct app_request request;
    uint64_t started_ns;
    struct data_watch *data; /* NULL: the data folder is not ours */
    struct loop *loop;       /* the control thread's */
    struct notify *notify;
    struct loop_fd signals;
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

/* Reading begins. It waits until all pipelines have been made, which is quicker so, but
 * not long: a flusher's init may hang. */
static void start_ingest(struct app *app)
{
    char why[128];

    loop_clear_timer(app->loop, &app->patience);
    if (!ingest_start(app->ingest, why, sizeof why))
        return;
    log_error("cannot start", LOG_STR("why", why));
    app->code = EXIT_INTERNAL;
    loop_stop(app->loop);
}

static void have_patience(struct app *app)
{
    app->n_made = pipeline_set_running(app->set);
    loop_set_timer(app->loop, &app->patience, clock_now_ns() + LOAD_PATIENCE_NS);
}

static void out_of_patience(struct loop_timer *timer)
{
    struct app *app = container_of(timer, struct app, patience);

    if (pipeline_set_running(app->set) > app->n_made &&
        clock_now_ns() - app->started_ns < LOAD_TIME_MAX_NS)
        have_patience(app);
    else
        start_ingest(app);
}

/* -- stop -- */

static void begin_stop(struct app *app)
{
    if (stop_has_begun(app->stop))
        return;
    start_ingest(app);
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

static void take_stop_signal(struct app *app, const char *name)
{
    bool again = stop_has_begun(app->stop);

    if (again && clock_now_ns() - app->stopping_ns < SAME_SIGNAL_NS)
        return;
    log_info(again ? "second signal: stopping at once" : "stopping", LOG_STR("signal", name));
    if (again)
        stop_at_once(app->stop);
    else
        begin_stop(app);
}

static void take_reload_signal(struct app *app)
{
    if (app->request.once)
        log_warn("with --once the configuration is not read again");
    else
        reloader_ask(app->reloader, "SIGHUP", NULL);
}

static void on_signal(struct loop_fd *watch, uint32_t events)
{
    struct app *app = container_of(watch, struct app, signals);
    struct signalfd_siginfo info;

    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP)
            take_reload_signal(app);
        else
            take_stop_signal(app, strsignal((int)info.ssi_signo));
    }
}

/* -- once -- */

static void on_pipeline_ended(void *owner, struct pipeline *pipeline)
{
    struct app *app = owner;

    (void)pipeline;
    app->n_ended++;
    loop_post(app->loop, &app->input_ended);
}

static void on_input_ended(struct loop_call *call)
{
    struct app *app = container_of(call, struct app, input_ended);

    if (app->loaded && app->n_ended == pipeline_set_running(app->set))
        begin_stop(app);
}

/* -- loading -- */

static void applied(void *owner, struct reload_result *result)
{
    struct app *app = owner;

    reloader_applied(app->reloader, result);
}

static void reload_began(void *owner)
{
    struct app *app = owner;

    notify_reloading(app->notify);
}

/* "3 pipelines run, 1 refused" */
static void tell_manager(struct app *app)
{
    char status[128];

    snprintf(status, sizeof status, "%zu pipelines run, %zu refused",
        pipeline_set_running(app->set), pipeline_set_refused(app->set));
    notify_ready(app->notify, status);
}

static void first_load_ended(struct app *app)
{
    size_t n_running = pipeline_set_running(app->set), n_refused = pipeline_set_refused(app->set);

    app->loaded = true;
    if (!n_running) {
        log_error("no pipeline can run", LOG_INT("refused", n_refused));
        app->code = EXIT_CONFIG;
        begin_stop(app);
        return;
    }
    start_ingest(app);
    log_info("running", LOG_INT("pipelines", n_running), LOG_INT("refused", n_refused));
    tell_manager(app);
    if (app->request.once)
        on_input_ended(&app->input_ended);
    else
        leftovers_look(app->leftovers, NULL);
}

static void tell_of_reload(const struct app *app, const struct reload_result *result)
{
    const struct log_field fields[] = {
        LOG_INT("changes", result->count - result->n_refused),
        LOG_INT("refused", result->n_refused),
        LOG_INT("untouched", result->n_untouched),
        LOG_INT("running", pipeline_set_running(app->set)),
        LOG_INT("took_ms", result->took_ns / NS_PER_MS),
    };

    if (reload_result_ok(result))
        log_write(LOG_LEVEL_INFO, "reloaded", fields, ARRAY_SIZE(fields));
    else
        log_write(LOG_LEVEL_WARN, "reloaded, but not all of it", fields, ARRAY_SIZE(fields));
}

static void reload_ended(void *owner, const struct reload_result *result)
{
    struct app *app = owner;

    if (stop_has_begun(app->stop))
        return;
    if (!app->loaded) {
        first_load_ended(app);
        return;
    }
    tell_of_reload(app, result);
    tell_manager(app);
    leftovers_look(app->leftovers, NULL);
}

/* -- set-up -- */

static int watch_signals(struct app *app)
{
    sigset_t set;

    sigemptyset(&set);
    sigaddset(&set, SIGTERM);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGHUP);
    sigprocmask(SIG_BLOCK, &set, NULL); /* before any thread: all inherit it */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    app->signals.fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
    app->signals.ready = on_signal;
    if (app->signals.fd < 0)
        return -errno;
    return loop_add_fd(app->loop, &app->signals, EPOLLIN);
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;

    if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static unsigned n_cores(void)
{
    long n = sysconf(_SC_NPROCESSORS_ONLN);

    return n > 0 ? (unsigned)n : 1;
}

static void warn_if_in_memory(const char *data_dir)
{
    const char *name;

    if (filesystem_of(data_dir, &name) == FILESYSTEM_MEMORY)
        log_warn("the data folder is kept in memory: after a reboot files are read from their "
                 "start; put it on a disk",
            LOG_STR("path", data_dir), LOG_STR("filesystem", name));
}

static int share(struct app *app)
{
    SCOPED_FREE char *folder = mem_printf("%s/checkpoints", app->request.data_dir);
    SCOPED_FREE char *letter_folder = mem_printf("%s/dead-letters", app->request.data_dir);
    SCOPED_FREE char *spool_folder = mem_printf("%s/spool", app->request.data_dir);
    char why[512] = "";

    if (!app->request.once)
        warn_if_in_memory(app->request.data_dir);
    host_facts_find(&app->host);
    app->shared = (struct pipeline_shared){
        .registry = catalog_registry(app->request.catalog),
        .memory = memory_create(MEMORY_LIMIT_DEFAULT),
        .pool = pool_create(2 * n_cores()),
        .parcels = parcels_create(),
        .spools = spools_create(spool_folder),
        .checkpoints = checkpoints_open(folder, why, sizeof why),
        .data_dir = app->request.data_dir,
        .host = &app->host,
        .once = app->request.once,
        .ended = on_pipeline_ended,
        .owner = app,
    };
    app->shared.letters =
        dead_letters_create(letter_folder, DEAD_LETTERS_BYTES_MAX, app->shared.pool);
    if (!app->shared.checkpoints) {
        log_error("cannot open the checkpoints; --data says where they are", LOG_STR("why", why));
        return -1;
    }
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
        .applied = applied,
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
        .began = reload_began,
        .ended = reload_ended,
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
    unsigned left;

    if (app->jobs && jobs_count(app->jobs)) { /* the process ends; what is left stays */
        checkpoints_close(app->shared.checkpoints);
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
    checkpoints_close(app->shared.checkpoints);
    dead_letters_destroy(app->shared.letters);
    left = app->shared.pool ? pool_destroy(app->shared.pool) : 0;
    app->left_behind |= left > 0;
    if (!left)
        spools_destroy(app->shared.spools);
    if (!app->left_behind) /* a lane that is left behind may give one back */
        parcels_destroy(app->shared.parcels);
    if (!left && app->shared.memory && !memory_used(app->shared.memory))
        memory_destroy(app->shared.memory);
}

struct app *app_create(const struct app_request *request)
{
    struct app *app = mem_zalloc(sizeof *app);
    int lock_fd;

    app->request = *request;
    app->started_ns = clock_now_ns();
    app->signals.fd = -1;
    app->input_ended.run = on_input_ended;
    app->patience.expired = out_of_patience;
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
    if (!watch_signals(app) && !share(app)) {
        join(app);
        app->code = 0;
        have_patience(app);
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
    if (app->signals.fd >= 0)
        close(app->signals.fd);
    data_watch_destroy(app->data);
    notify_destroy(app->notify);
    if (app->left_behind)
        return false;
    loop_destroy(app->loop);
    free(app);
    return true;
}

struct dead_letters *app_dead_letters(struct app *app)
{
    return app->shared.letters;
}

struct leftovers *app_leftovers(struct app *app)
{
    bool good = app->loaded && !stop_has_begun(app->stop) && !pipeline_set_is_applying(app->set);

    return good ? app->leftovers : NULL;
}

struct lane_search {
    const char *name;
    struct lane *found;
};

static void look_for_lane(void *context, struct pipeline *pipeline)
{
    struct lane_search *search = context;

    for (size_t i = 0; i < pipeline_n_lanes(pipeline); i++)
        if (!strcmp(lane_name(pipeline_lane(pipeline, i)), search->name))
            search->found = pipeline_lane(pipeline, i);
}

bool app_push_letter(void *context, const char *flusher, struct group *group)
{
    struct lane_search search = {flusher, NULL};
    struct app *app = context;

    pipeline_set_each(app->set, look_for_lane, &search);
    if (search.found)
        lane_push_replayed(search.found, group);
    return search.found;
}

struct loop *app_loop(struct app *app)
{
    return app->loop;
}

const char *app_data_dir(const struct app *app)
{
    return app->request.data_dir;
}

bool app_reload(struct app *app, const char *reason, struct reload_waiter *waiter)
{
    if (app->request.once || stop_has_begun(app->stop))
        return false;
    reloader_ask(app->reloader, reason, waiter);
    return true;
}

struct metrics *app_metrics(struct app *app)
{
    return registry_metrics(app->shared.registry);
}

struct snapshot *app_snapshot(struct app *app)
{
    struct snapshot *snapshot = mem_zalloc(sizeof *snapshot);

    snapshot->wall_ns = clock_wall_ns();
    snapshot->uptime_ns = clock_now_ns() - app->started_ns;
    snapshot->pid = getpid();
    snapshot->data_dir = mem_strdup(app->request.data_dir);
    snapshot->loading = !app->loaded;
    snapshot->stopping = stop_has_begun(app->stop);
    snapshot->reloads = *reloader_history(app->reloader);
    snapshot->n_left_behind = pipeline_set_left_behind(app->set);
    snapshot->memory_used = memory_used(app->shared.memory);
    snapshot->memory_limit = MEMORY_LIMIT_DEFAULT;
    pipeline_set_snapshot(app->set, snapshot->stopping, snapshot);
    snapshot_take_plugins(snapshot, app->shared.registry);
    snapshot_take_spools(snapshot, leftovers_known(app->leftovers));
    return snapshot;
}
