/* The first load, and what follows each: who is told, and when reading begins. */
#include <stdio.h>
#include "app/app_private.h"
#include "base/clock.h"
#include "base/log.h"

/* The pipelines that are made wait for those that are not yet: as long as some more are
 * made in each such time, and not longer than that. */
#define LOAD_PATIENCE_NS (500 * NS_PER_MS)
#define LOAD_TIME_MAX_NS (10 * NS_PER_S)

/* Reading waits until all pipelines have been made, which is quicker so, but not long: a
 * flusher's init may hang. */
void app_start_ingest(struct app *app)
{
    char why[128];

    loop_clear_timer(app->loop, &app->patience);
    if (!ingest_start(app->ingest, why, sizeof why))
        return;
    log_error("cannot start", LOG_STR("why", why));
    app->code = EXIT_INTERNAL;
    loop_stop(app->loop);
}

void app_wait_for_load(struct app *app)
{
    app->n_made = pipeline_set_running(app->set);
    loop_set_timer(app->loop, &app->patience, clock_now_ns() + LOAD_PATIENCE_NS);
}

static void out_of_patience(struct loop_timer *timer)
{
    struct app *app = container_of(timer, struct app, patience);

    if (pipeline_set_running(app->set) > app->n_made &&
        clock_now_ns() - app->started_ns < LOAD_TIME_MAX_NS)
        app_wait_for_load(app);
    else
        app_start_ingest(app);
}

/* -- once -- */

void app_pipeline_ended(void *owner, struct pipeline *pipeline)
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
        app_begin_stop(app);
}

void app_init_load(struct app *app)
{
    app->input_ended.run = on_input_ended;
    app->patience.expired = out_of_patience;
}

/* -- loading -- */

void app_applied(void *owner, struct reload_result *result)
{
    struct app *app = owner;

    reloader_applied(app->reloader, result);
}

void app_reload_began(void *owner)
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
        app_begin_stop(app);
        return;
    }
    app_start_ingest(app);
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

void app_reload_ended(void *owner, const struct reload_result *result)
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
