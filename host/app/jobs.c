#include "app/jobs.h"

#include <pthread.h>
#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "base/thread.h"

/* Most jobs are short, and a few threads do them soonest. When none was begun for so long,
 * those that run hang: there are twice as many threads then. */
#define THREADS_MIN 2u
#define PATIENCE_NS (20 * NS_PER_MS)

struct jobs {
    struct loop *loop;
    struct loop_timer patience;
    bool watched;            /* the timer is set */
    uint64_t n_begun_before; /* when it was */
    unsigned count;          /* these four are of the loop's thread alone */
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a thread has */
    struct list waiting;
    uint64_t n_begun;
    unsigned n_threads;
};

static void out_of_patience(struct loop_timer *timer);

struct jobs *jobs_create(struct loop *loop)
{
    struct jobs *jobs = mem_zalloc(sizeof *jobs);

    jobs->loop = loop;
    jobs->patience.expired = out_of_patience;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->ended, NULL);
    list_init(&jobs->waiting);
    return jobs;
}

void jobs_destroy(struct jobs *jobs)
{
    if (!jobs)
        return;
    loop_clear_timer(jobs->loop, &jobs->patience);
    pthread_mutex_lock(&jobs->lock);
    while (jobs->n_threads)
        pthread_cond_wait(&jobs->ended, &jobs->lock);
    pthread_mutex_unlock(&jobs->lock);
    pthread_mutex_destroy(&jobs->lock);
    pthread_cond_destroy(&jobs->ended);
    free(jobs);
}

static void tell_done(struct loop_call *call)
{
    struct job *job = container_of(call, struct job, call);

    job->jobs->count--;
    job->done(job, job->cancelled);
}

static struct job *take(struct jobs *jobs)
{
    struct job *job = list_first(&jobs->waiting, struct job, link);

    if (job) {
        list_remove(&job->link);
        jobs->n_begun++;
    }
    return job;
}

static void *thread_main(void *argument)
{
    struct jobs *jobs = argument;
    struct job *job;

    pthread_setname_np(pthread_self(), "weir-job");
    pthread_mutex_lock(&jobs->lock);
    while ((job = take(jobs))) {
        pthread_mutex_unlock(&jobs->lock);
        job->run(job);
        loop_post(jobs->loop, &job->call);
        pthread_mutex_lock(&jobs->lock);
    }
    jobs->n_threads--;
    pthread_cond_broadcast(&jobs->ended);
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

/* With the lock held: whether there is one more. */
static bool add_thread(struct jobs *jobs)
{
    bool added = jobs->n_threads < JOBS_THREADS_MAX && !thread_start(NULL, thread_main, jobs);

    jobs->n_threads += added;
    return added;
}

/* With the lock held. */
static void watch(struct jobs *jobs)
{
    jobs->watched = true;
    jobs->n_begun_before = jobs->n_begun;
    loop_set_timer(jobs->loop, &jobs->patience, clock_now_ns() + PATIENCE_NS);
}

static void out_of_patience(struct loop_timer *timer)
{
    struct jobs *jobs = container_of(timer, struct jobs, patience);

    pthread_mutex_lock(&jobs->lock);
    jobs->watched = false;
    if (jobs->n_begun == jobs->n_begun_before)
        for (unsigned wanted = jobs->n_threads; wanted && add_thread(jobs); wanted--)
            ;
    if (!list_empty(&jobs->waiting))
        watch(jobs);
    pthread_mutex_unlock(&jobs->lock);
}

/* Without a thread to be had, and none that runs, the job is done here. */
void jobs_submit(struct jobs *jobs, struct job *job)
{
    bool here = false;

    job->jobs = jobs;
    job->call.run = tell_done;
    jobs->count++;
    pthread_mutex_lock(&jobs->lock);
    list_append(&jobs->waiting, &job->link);
    if (jobs->n_threads < THREADS_MIN && !add_thread(jobs))
        here = !jobs->n_threads;
    if (!jobs->watched)
        watch(jobs);
    if (here)
        list_remove(&job->link);
    pthread_mutex_unlock(&jobs->lock);
    if (!here)
        return;
    log_warn("cannot start a thread");
    job->run(job);
    loop_post(jobs->loop, &job->call);
}

void jobs_cancel(struct jobs *jobs)
{
    struct job *job;

    pthread_mutex_lock(&jobs->lock);
    while ((job = take(jobs))) {
        job->cancelled = true;
        loop_post(jobs->loop, &job->call);
    }
    pthread_mutex_unlock(&jobs->lock);
}

unsigned jobs_count(struct jobs *jobs)
{
    return jobs->count;
}
