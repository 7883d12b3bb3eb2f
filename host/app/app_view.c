/* What is seen of the app and asked of it from outside. */
#include <string.h>
#include <unistd.h>
#include "app/app_private.h"
#include "app/snapshot.h"
#include "base/clock.h"
#include "base/mem.h"
#include "plugin/registry.h"

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
    return search.found && lane_push_replayed(search.found, group);
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
