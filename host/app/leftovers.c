#include "app/leftovers.h"

#include <errno.h>
#include "base/mem.h"

struct leftovers {
    struct jobs *jobs;
    struct spools *spools;
    struct spools_left known;
    struct list waiting; /* struct task */
    bool busy;           /* a task runs */
    bool stopped;
};

struct task {
    struct job job;
    struct list link;
    struct leftovers *leftovers;
    struct leftovers_waiter *waiter; /* NULL: nobody asks */
    char *lane;                      /* to drop; NULL: none */
    int error;
    struct spool_left dropped;
    struct spools_left found;
};

static void run_task(struct job *job)
{
    struct task *task = container_of(job, struct task, job);

    if (task->lane)
        task->error = spools_drop(task->leftovers->spools, task->lane, &task->dropped);
    spools_look(task->leftovers->spools, &task->found);
}

static void begin_next(struct leftovers *self)
{
    struct task *task = list_first(&self->waiting, struct task, link);

    self->busy = task;
    if (!task)
        return;
    list_remove(&task->link);
    jobs_submit(self->jobs, &task->job);
}

static void take_found(struct leftovers *self, struct spools_left *found)
{
    spools_left_finish(&self->known);
    self->known = *found;
}

/* Tells who asked, and is the task's end. */
static void finish_task(struct task *task, int error)
{
    if (task->waiter)
        task->waiter->done(task->waiter, error, task->lane ? &task->dropped : NULL);
    free(task->dropped.lane);
    free(task->dropped.why);
    free(task->lane);
    free(task);
}

static void task_done(struct job *job, bool cancelled)
{
    struct task *task = container_of(job, struct task, job);
    struct leftovers *self = task->leftovers;

    if (!cancelled)
        take_found(self, &task->found);
    finish_task(task, cancelled ? -ECANCELED : task->error);
    begin_next(self);
}

static void add_task(struct leftovers *self, const char *lane, struct leftovers_waiter *waiter)
{
    struct task *task = mem_zalloc(sizeof *task);

    task->job = (struct job){.run = run_task, .done = task_done};
    task->leftovers = self;
    task->waiter = waiter;
    task->lane = lane ? mem_strdup(lane) : NULL;
    if (self->stopped) {
        finish_task(task, -ECANCELED);
        return;
    }
    list_append(&self->waiting, &task->link);
    if (!self->busy)
        begin_next(self);
}

struct leftovers *leftovers_create(struct jobs *jobs, struct spools *spools)
{
    struct leftovers *leftovers = mem_zalloc(sizeof *leftovers);

    leftovers->jobs = jobs;
    leftovers->spools = spools;
    list_init(&leftovers->waiting);
    return leftovers;
}

void leftovers_stop(struct leftovers *leftovers)
{
    struct task *task;

    leftovers->stopped = true;
    LIST_EACH (task, &leftovers->waiting, link) {
        list_remove(&task->link);
        finish_task(task, -ECANCELED);
    }
}

void leftovers_destroy(struct leftovers *leftovers)
{
    if (!leftovers)
        return;
    spools_left_finish(&leftovers->known);
    free(leftovers);
}

void leftovers_look(struct leftovers *leftovers, struct leftovers_waiter *waiter)
{
    add_task(leftovers, NULL, waiter);
}

void leftovers_drop(struct leftovers *leftovers, const char *lane, struct leftovers_waiter *waiter)
{
    add_task(leftovers, lane, waiter);
}

const struct spools_left *leftovers_known(const struct leftovers *leftovers)
{
    return &leftovers->known;
}
