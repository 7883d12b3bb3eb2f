#include "app/app.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include "app/catalog.h"
#include "app/configs.h"
#include "app/data_lock.h"
#include "app/ingest.h"
#include "app/snapshot.h"
#include "base/clock.h"
#include "base/host_facts.h"
#include "base/log.h"
#include "base/mem.h"
#include "delivery/dead_letter.h"
#include "input/checkpoints.h"
#include "pipeline/pipeline.h"

/* How often a stop looks whether all is settled. */
#define DRAIN_LOOK_NS (2 * NS_PER_MS)
/* A signal so soon after the first is the same one, sent to the process and to its
 * group (timeout(1) does that). */
#define SAME_SIGNAL_NS (300 * NS_PER_MS)
/* What flushers get for stop(), all together. */
#define STOP_TIMEOUT_NS (5 * NS_PER_S)

struct app {
    struct app_request request;
    uint64_t started_ns;
    struct config_set configs; /* as they were read */
    struct loop *loop;         /* the control thread's */
    struct loop_fd signals;
    struct loop_call once_ended; /* posted by the ingest loops */
    struct loop_timer drain_timer;
    struct ingest *ingest;
    struct pipeline_shared shared;
    struct host_facts host;
    struct pipeline **pipelines;
    size_t n_pipelines;
    size_t n_refused; /* could not be built */
    _Atomic size_t n_ended;
    int lock_fd;

    bool stopping, at_once;         /* a second signal: no more waiting */
    uint64_t stopping_ns;           /* since when */
    uint64_t progress, progress_ns; /* settled groups, and when they last grew */
};

/* -- stop -- */

static bool all_idle(struct app *app)
{
    for (size_t i = 0; i < app->n_pipelines; i++)
        if (!pipeline_idle(app->pipelines[i]))
            return false;
    return true;
}

static uint64_t settled_groups(struct app *app)
{
    struct pipeline_totals totals;
    uint64_t sum = 0;

    for (size_t i = 0; i < app->n_pipelines; i++) {
        pipeline_get_totals(app->pipelines[i], &totals);
        sum += totals.lanes.settled_groups;
    }
    return sum;
}

/* Goes on until all is settled, or nothing has been for the drain timeout. */
static void look_at_drain(struct loop_timer *timer)
{
    struct app *app = container_of(timer, struct app, drain_timer);
    uint64_t now_ns = clock_now_ns();
    uint64_t progress = settled_groups(app);

    if (progress != app->progress) {
        app->progress = progress;
        app->progress_ns = now_ns;
    }
    if (app->at_once || all_idle(app) || now_ns - app->progress_ns >= app->request.drain_timeout_ns)
        loop_stop(app->loop);
    else
        loop_set_timer(app->loop, &app->drain_timer, now_ns + DRAIN_LOOK_NS);
}

/* Upstream's order: urgent first, then the inputs, then what flows after them. */
static void begin_stop(struct app *app)
{
    app->stopping = true;
    app->stopping_ns = clock_now_ns();
    for (size_t i = 0; i < app->n_pipelines; i++)
        pipeline_set_urgent(app->pipelines[i], true);
    for (size_t i = 0; i < app->n_pipelines; i++)
        pipeline_stop_inputs(app->pipelines[i]);
    app->progress = settled_groups(app);
    app->progress_ns = clock_now_ns();
    look_at_drain(&app->drain_timer);
}

static void on_signal(struct loop_fd *watch, uint32_t events)
{
    struct app *app = container_of(watch, struct app, signals);
    struct signalfd_siginfo info;

    (void)events;
    while (read(watch->fd, &info, sizeof info) == (ssize_t)sizeof info) {
        if (info.ssi_signo == SIGHUP) {
            log_warn("reload is not available yet; restart to read the configuration again");
            continue;
        }
        if (app->stopping && clock_now_ns() - app->stopping_ns < SAME_SIGNAL_NS)
            continue;
        log_info(app->stopping ? "second signal: stopping at once" : "stopping",
            LOG_STR("signal", strsignal((int)info.ssi_signo)));
        app->at_once = app->stopping;
        if (!app->stopping)
            begin_stop(app);
    }
}

/* -- once -- */

static void on_pipeline_ended(void *owner, struct pipeline *pipeline)
{
    struct app *app = owner;

    (void)pipeline;
    if (++app->n_ended == app->n_pipelines)
        loop_post(app->loop, &app->once_ended);
}

static void on_once_ended(struct loop_call *call)
{
    struct app *app = container_of(call, struct app, once_ended);

    if (!app->stopping)
        begin_stop(app);
}

static void report_lane(struct lane *lane, struct lane_stats *sum)
{
    struct lane_stats stats;

    lane_get_stats(lane, &stats);
    log_info("done", LOG_STR("flusher", lane_name(lane)),
        LOG_INT("delivered", stats.delivered_logs), LOG_INT("rejected", stats.rejected_logs),
        LOG_INT("dropped", stats.dropped_logs), LOG_INT("left", stats.left_logs),
        LOG_INT("retries", stats.retries));
    sum->rejected_logs += stats.rejected_logs;
    sum->dropped_logs += stats.dropped_logs;
    sum->left_logs += stats.left_logs;
}

static void report_reading(struct pipeline *pipeline, struct lane_stats *sum)
{
    struct pipeline_totals totals;
    char why[1024];

    pipeline_get_totals(pipeline, &totals);
    pipeline_explain(pipeline, why, sizeof why);
    if (!totals.read_logs || why[0])
        log_warn(
            "nothing was read", LOG_STR("pipeline", pipeline_name(pipeline)), LOG_STR("why", why));
    sum->dropped_logs += totals.aggregator_dropped_logs;
}

/* What became of everything, lane by lane, and the exit code that says so. */
static int report_once(struct app *app)
{
    struct lane_stats sum = {0};

    for (size_t i = 0; i < app->n_pipelines; i++) {
        report_reading(app->pipelines[i], &sum);
        for (size_t j = 0; j < pipeline_n_lanes(app->pipelines[i]); j++)
            report_lane(pipeline_lane(app->pipelines[i], j), &sum);
    }
    if (sum.left_logs)
        return EXIT_LEFT;
    return sum.dropped_logs || sum.rejected_logs || app->n_refused ? EXIT_FINDINGS : 0;
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

static int set_up(struct app *app)
{
    SCOPED_FREE char *folder = mem_printf("%s/checkpoints", app->request.data_dir);
    SCOPED_FREE char *letter_folder = mem_printf("%s/dead-letters", app->request.data_dir);
    SCOPED_FREE char *spool_folder = mem_printf("%s/spool", app->request.data_dir);
    char why[512] = "";

    host_facts_find(&app->host);
    app->shared = (struct pipeline_shared){
        .registry = catalog_registry(app->request.catalog),
        .memory = memory_create(MEMORY_LIMIT_DEFAULT),
        .pool = pool_create(2 * n_cores()),
        .spools = spools_create(spool_folder, "/proc/self/exe"),
        .checkpoints = checkpoints_open(folder, why, sizeof why),
        .data_dir = app->request.data_dir,
        .host = &app->host,
        .once = app->request.once,
        .ended = on_pipeline_ended,
        .owner = app,
    };
    app->shared.letters = dead_letters_create(
        letter_folder, "/proc/self/exe", DEAD_LETTERS_BYTES_MAX, app->shared.pool);
    if (!app->shared.checkpoints) {
        log_error("cannot open the checkpoints", LOG_STR("why", why));
        return -1;
    }
    app->ingest = ingest_create(MIN(n_cores(), (unsigned)app->configs.count), why, sizeof why);
    if (!app->ingest)
        log_error("cannot start", LOG_STR("why", why));
    return app->ingest ? 0 : -1;
}

static void create_pipeline(struct app *app, struct config_entry *entry)
{
    char why[1024] = "";
    struct pipeline *pipeline;

    if (!entry->config->enable)
        return;
    pipeline = pipeline_create(
        &app->shared, ingest_place(app->ingest), take_ptr(entry->config), why, sizeof why);
    if (pipeline) {
        app->pipelines[app->n_pipelines++] = pipeline;
        return;
    }
    entry->why = mem_strdup(why);
    app->n_refused++;
    log_error("pipeline refused", LOG_STR("pipeline", entry->name), LOG_STR("why", why));
}

static void create_pipelines(struct app *app)
{
    app->pipelines = (struct pipeline **)mem_calloc(app->configs.count, sizeof *app->pipelines);
    app->n_refused = app->configs.n_refused;
    for (size_t i = 0; i < app->configs.count; i++)
        if (app->configs.items[i].config)
            create_pipeline(app, &app->configs.items[i]);
}

/* Frees all, unless a hung flusher still uses it: then only what is safe. */
static void tear_down(struct app *app)
{
    unsigned left;

    for (size_t i = 0; i < app->n_pipelines; i++)
        pipeline_destroy(app->pipelines[i]);
    if (app->ingest)
        ingest_destroy(app->ingest);
    if (app->shared.checkpoints)
        checkpoints_close(app->shared.checkpoints);
    dead_letters_destroy(app->shared.letters);
    left = app->shared.pool ? pool_destroy(app->shared.pool) : 0;
    if (!left)
        spools_destroy(app->shared.spools);
    if (!left && app->shared.memory && !memory_used(app->shared.memory))
        memory_destroy(app->shared.memory);
    free((void *)app->pipelines);
}

static int run_pipelines(struct app *app)
{
    uint64_t deadline_ns;
    char why[128];

    create_pipelines(app);
    if (!app->n_pipelines) {
        log_error("no pipeline can run", LOG_INT("refused", app->n_refused));
        return EXIT_CONFIG;
    }
    for (size_t i = 0; i < app->n_pipelines; i++)
        pipeline_start(app->pipelines[i]);
    if (ingest_start(app->ingest, why, sizeof why)) {
        log_error("cannot start", LOG_STR("why", why));
        return EXIT_INTERNAL;
    }
    log_info("running", LOG_INT("pipelines", app->n_pipelines), LOG_INT("refused", app->n_refused));
    loop_run(app->loop);
    deadline_ns = clock_now_ns() + (app->at_once ? 0 : STOP_TIMEOUT_NS);
    for (size_t i = 0; i < app->n_pipelines; i++)
        pipeline_close(app->pipelines[i], NULL, deadline_ns);
    return app->request.once ? report_once(app) : 0;
}

struct app *app_create(const struct app_request *request)
{
    struct app *app = mem_zalloc(sizeof *app);

    app->request = *request;
    app->started_ns = clock_now_ns();
    app->signals.fd = -1;
    app->once_ended.run = on_once_ended;
    app->drain_timer.expired = look_at_drain;
    app->loop = loop_create();
    app->lock_fd = data_lock(request->data_dir);
    if (app->loop && app->lock_fd >= 0)
        return app;
    app_destroy(app);
    return NULL;
}

int app_run(struct app *app)
{
    struct configs_request read = {
        app->request.catalog, app->request.paths, app->request.n_paths, app->request.compat};
    int code = EXIT_CONFIG;

    config_set_read(&read, true, &app->configs);
    if (!app->configs.count)
        return EXIT_NO_INPUT;
    raise_descriptor_limit();
    if (!watch_signals(app) && !set_up(app))
        code = run_pipelines(app);
    tear_down(app);
    return code;
}

void app_destroy(struct app *app)
{
    if (!app)
        return;
    if (app->signals.fd >= 0)
        close(app->signals.fd);
    if (app->lock_fd >= 0)
        close(app->lock_fd);
    loop_destroy(app->loop);
    config_set_finish(&app->configs);
    free(app);
}

struct loop *app_loop(struct app *app)
{
    return app->loop;
}

const char *app_data_dir(const struct app *app)
{
    return app->request.data_dir;
}

/* -- seeing it -- */

static struct pipeline *find_pipeline(const struct app *app, const char *name)
{
    for (size_t i = 0; i < app->n_pipelines; i++)
        if (!strcmp(pipeline_name(app->pipelines[i]), name))
            return app->pipelines[i];
    return NULL;
}

struct snapshot *app_snapshot(struct app *app)
{
    struct snapshot *snapshot = mem_zalloc(sizeof *snapshot);

    snapshot->wall_ns = clock_wall_ns();
    snapshot->uptime_ns = clock_now_ns() - app->started_ns;
    snapshot->pid = getpid();
    snapshot->data_dir = mem_strdup(app->request.data_dir);
    snapshot->stopping = app->stopping;
    snapshot->memory_used = memory_used(app->shared.memory);
    snapshot->memory_limit = MEMORY_LIMIT_DEFAULT;
    snapshot->pipelines = mem_calloc(app->configs.count, sizeof *snapshot->pipelines);
    for (size_t i = 0; i < app->configs.count; i++) {
        const struct config_entry *entry = &app->configs.items[i];
        struct snapshot_pipeline *to = &snapshot->pipelines[snapshot->n_pipelines];
        struct pipeline *pipeline = find_pipeline(app, entry->name);

        if (!pipeline && !entry->why)
            continue;
        to->name = mem_strdup(entry->name);
        to->path = mem_strdup(entry->path);
        to->state = !pipeline       ? PIPELINE_REFUSED
                    : app->stopping ? PIPELINE_STOPPING
                                    : PIPELINE_RUNNING;
        to->refused = entry->why ? mem_strdup(entry->why) : NULL;
        if (pipeline)
            snapshot_take_pipeline(to, pipeline);
        snapshot->n_pipelines++;
    }
    return snapshot;
}
