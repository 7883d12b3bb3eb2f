#include "app/change.h"

#include <time.h>
#include "base/clock.h"
#include "base/mem.h"

#define WHY_BYTES_MAX 1024
/* How often is looked whether a pipeline that goes has delivered all. */
#define DRAIN_LOOK_NS (2 * NS_PER_MS)
/* What the flushers of a removed pipeline get for stop(), all together. */
#define STOP_TIMEOUT_NS (5 * NS_PER_S)

static void make_lanes(struct change *change)
{
    char why[WHY_BYTES_MAX] = "";

    change->after =
        pipeline_create(change->shared, change->place, take_ptr(change->config), why, sizeof why);
    if (!change->after)
        change->why = mem_strdup(why);
}

static void build(struct change *change)
{
    char why[WHY_BYTES_MAX] = "";

    if (!change->after || !pipeline_build(change->after, why, sizeof why))
        return;
    pipeline_give_up(take_ptr(change->after));
    change->why = mem_strdup(why);
}

static uint64_t settled_groups(struct pipeline *pipeline)
{
    struct pipeline_totals totals;

    pipeline_get_totals(pipeline, &totals);
    return totals.lanes.settled_groups;
}

/* Until all is settled, or nothing has been for `patience_ns`. */
static void drain(struct pipeline *pipeline, uint64_t patience_ns)
{
    static const struct timespec pause = {.tv_nsec = DRAIN_LOOK_NS};
    uint64_t settled = settled_groups(pipeline), since_ns = clock_now_ns();

    while (!pipeline_idle(pipeline) && clock_now_ns() - since_ns < patience_ns) {
        uint64_t now_settled;

        nanosleep(&pause, NULL);
        now_settled = settled_groups(pipeline);
        if (now_settled != settled)
            since_ns = clock_now_ns();
        settled = now_settled;
    }
}

/* What is left stays in its sources, and in the lanes' spools. */
static void remove_before(struct change *change)
{
    struct pipeline_totals totals;

    pipeline_set_urgent(change->before, true);
    pipeline_stop_inputs(change->before);
    drain(change->before, change->patience_ns);
    pipeline_get_totals(change->before, &totals);
    change->n_left_logs = totals.lanes.left_logs;
    change->n_hanging = pipeline_close(
        change->before, NULL, clock_now_ns() + MIN(change->patience_ns, STOP_TIMEOUT_NS));
}

static void replace_before(struct change *change)
{
    pipeline_set_urgent(change->before, false);
    pipeline_stop_inputs(change->before);
    change->n_hanging =
        pipeline_close(change->before, change->after, clock_now_ns() + change->patience_ns);
}

static void run(struct job *job)
{
    struct change *change = container_of(job, struct change, job);

    if (change->kind == CONFIG_REMOVED) {
        remove_before(change);
        return;
    }
    make_lanes(change);
    if (!change->before)
        return;
    build(change);
    if (!change->after)
        return;
    replace_before(change);
    pipeline_start(change->after);
}

static void done(struct job *job, bool cancelled)
{
    struct change *change = container_of(job, struct change, job);

    if (cancelled)
        change->why = mem_strdup("weir is stopping");
    if (!change->before)
        build(change); /* here, since the loops may have no threads yet */
    if (change->after && !change->before)
        pipeline_start(change->after);
    pipeline_config_destroy(take_ptr(change->config));
    change->done(change);
}

void change_begin(struct change *change, struct jobs *jobs)
{
    change->job = (struct job){.run = run, .done = done};
    jobs_submit(jobs, &change->job);
}
