#include "app/stop.h"

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"

/* How often a stop looks whether all is settled. */
#define DRAIN_LOOK_NS (2 * NS_PER_MS)
/* What flushers get for stop(), all together. */
#define STOP_TIMEOUT_NS (5 * NS_PER_S)
/* A step that calls into foreign code ends so long after what that gets. */
#define STEP_GRACE_NS (2 * NS_PER_S)

enum step {
    STEP_NONE,
    STEP_CHANGES, /* a reload is coming to its end */
    STEP_INPUTS,  /* flushers are told, inputs stop */
    STEP_DRAIN,
    STEP_FLUSHERS, /* they stop */
    STEP_DONE,
};

struct stop {
    struct stop_spec spec;
    enum step step;
    bool at_once;
    struct loop_timer timer;        /* looks at the step */
    uint64_t step_end_ns;           /* when it is given up */
    unsigned n_open;                /* pipelines that have not taken the step */
    uint64_t progress, progress_ns; /* settled groups, and when they last grew */
    uint64_t flushers_until_ns;
    size_t n_left_behind;
};

/* One pipeline takes the step, on a thread of its own. */
struct stop_job {
    struct job job;
    struct stop *stop;
    struct pipeline *pipeline;
    enum step step;
    uint64_t until_ns;
    size_t n_hanging;
};

static void look(struct stop *stop);

static void run_step(struct job *job)
{
    struct stop_job *self = container_of(job, struct stop_job, job);

    if (self->step == STEP_INPUTS) {
        pipeline_set_urgent(self->pipeline, true);
        pipeline_stop_inputs(self->pipeline);
    } else {
        self->n_hanging = pipeline_close(self->pipeline, NULL, self->until_ns);
    }
}

static void step_done(struct job *job, bool cancelled)
{
    struct stop_job *self = container_of(job, struct stop_job, job);
    struct stop *stop = self->stop;

    (void)cancelled;
    stop->n_left_behind += self->n_hanging;
    if (self->step == stop->step && !--stop->n_open)
        look(stop);
    free(self);
}

static void begin_job(void *context, struct pipeline *pipeline)
{
    struct stop *stop = context;
    struct stop_job *self = mem_zalloc(sizeof *self);

    self->job = (struct job){.run = run_step, .done = step_done};
    self->stop = stop;
    self->pipeline = pipeline;
    self->step = stop->step;
    self->until_ns = stop->flushers_until_ns;
    stop->n_open++;
    jobs_submit(stop->spec.jobs, &self->job);
}

static void add_settled(void *context, struct pipeline *pipeline)
{
    struct pipeline_totals totals;

    pipeline_get_totals(pipeline, &totals);
    *(uint64_t *)context += totals.lanes.settled_groups;
}

static void add_idle(void *context, struct pipeline *pipeline)
{
    *(bool *)context &= pipeline_idle(pipeline);
}

/* All is settled, or nothing has been for a while. */
static bool is_drained(struct stop *stop, uint64_t now_ns)
{
    uint64_t settled = 0;
    bool idle = true;

    pipeline_set_each(stop->spec.set, add_settled, &settled);
    pipeline_set_each(stop->spec.set, add_idle, &idle);
    if (settled != stop->progress || !stop->progress_ns)
        stop->progress_ns = now_ns;
    stop->progress = settled;
    return idle || now_ns - stop->progress_ns >= stop->spec.patience_ns;
}

static bool step_is_over(struct stop *stop, uint64_t now_ns)
{
    switch (stop->step) {
    case STEP_CHANGES:
        return !pipeline_set_is_applying(stop->spec.set) && !jobs_count(stop->spec.jobs);
    case STEP_DRAIN:
        return stop->at_once || is_drained(stop, now_ns);
    default:
        return !stop->n_open;
    }
}

/* What a step may take at most, beyond which it is left as it is. */
static uint64_t step_limit(const struct stop *stop)
{
    switch (stop->step) {
    case STEP_CHANGES:
        return stop->at_once ? 0 : stop->spec.patience_ns;
    case STEP_INPUTS:
        return stop->spec.patience_ns + STEP_GRACE_NS;
    case STEP_FLUSHERS:
        return (stop->at_once ? 0 : STOP_TIMEOUT_NS) + STEP_GRACE_NS;
    default:
        return UINT64_MAX / 2;
    }
}

static void take_step(struct stop *stop)
{
    uint64_t now_ns = clock_now_ns();

    stop->step++;
    stop->step_end_ns = now_ns + step_limit(stop);
    stop->n_open = 0;
    if (stop->step == STEP_FLUSHERS)
        stop->flushers_until_ns = now_ns + (stop->at_once ? 0 : STOP_TIMEOUT_NS);
    if (stop->step == STEP_INPUTS || stop->step == STEP_FLUSHERS)
        pipeline_set_each(stop->spec.set, begin_job, stop);
}

/* Flushers that hang while they are told, or stop, have been named already. */
static void give_up_step(const struct stop *stop)
{
    if (stop->step == STEP_CHANGES)
        pipeline_set_give_up_changes(stop->spec.set);
    else
        log_error("a flusher does not return; the stop goes on without it");
}

/* Goes as far as it can, and looks again later. */
static void look(struct stop *stop)
{
    uint64_t now_ns = clock_now_ns();

    while (stop->step < STEP_DONE) {
        bool over = step_is_over(stop, now_ns);

        if (!over && now_ns < stop->step_end_ns)
            break;
        if (!over)
            give_up_step(stop);
        take_step(stop);
    }
    if (stop->step < STEP_DONE)
        loop_set_timer(stop->spec.loop, &stop->timer, now_ns + DRAIN_LOOK_NS);
    else
        stop->spec.done(stop->spec.owner);
}

static void timer_expired(struct loop_timer *timer)
{
    look(container_of(timer, struct stop, timer));
}

struct stop *stop_create(const struct stop_spec *spec)
{
    struct stop *stop = mem_zalloc(sizeof *stop);

    stop->spec = *spec;
    stop->timer.expired = timer_expired;
    return stop;
}

void stop_destroy(struct stop *stop)
{
    if (!stop)
        return;
    loop_clear_timer(stop->spec.loop, &stop->timer);
    free(stop);
}

void stop_begin(struct stop *stop)
{
    jobs_cancel(stop->spec.jobs);
    take_step(stop);
    look(stop);
}

void stop_at_once(struct stop *stop)
{
    stop->at_once = true;
    if (stop->step != STEP_NONE && stop->step < STEP_DONE)
        stop->step_end_ns = MIN(stop->step_end_ns, clock_now_ns() + step_limit(stop));
}

size_t stop_left_behind(const struct stop *stop)
{
    return stop->n_left_behind;
}

bool stop_has_begun(const struct stop *stop)
{
    return stop->step != STEP_NONE;
}
