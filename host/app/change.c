#include "app/change.h"

#include "base/clock.h"
#include "base/mem.h"
#include "pipeline/drain.h"

#define WHY_BYTES_MAX 1024
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

/* What is left stays in its sources, and in the lanes' spools. */
static void remove_before(struct change *change)
{
    struct pipeline_totals totals;

    pipeline_set_urgent(change->before, true);
    pipeline_stop_inputs(change->before);
    pipeline_drain(change->before, change->patience_ns);
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
    if (!change->after || change->given_up)
        return;
    replace_before(change);
    if (!change->given_up)
        pipeline_start(change->after);
}

static void done(struct job *job, bool cancelled)
{
    struct change *change = container_of(job, struct change, job);

    if (change->given_up)
        return;
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

void change_give_up(struct change *change)
{
    change->given_up = true;
}
