#include "app/jobs.h"

#include <pthread.h>
#include <signal.h>
#include "base/log.h"
#include "base/mem.h"

struct jobs {
    struct loop *loop;
    unsigned count; /* of the loop's thread alone */
    pthread_mutex_t lock;
    pthread_cond_t ended; /* a thread has */
    struct list waiting;
    unsigned n_threads;
};

struct jobs *jobs_create(struct loop *loop)
{
    struct jobs *jobs = mem_zalloc(sizeof *jobs);

    jobs->loop = loop;
    pthread_mutex_init(&jobs->lock, NULL);
    pthread_cond_init(&jobs->ended, NULL);
    list_init(&jobs->waiting);
    return jobs;
}

void jobs_destroy(struct jobs *jobs)
{
    if (!jobs)
        return;
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

    if (job)
        list_remove(&job->link);
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

/* Signals are for the control thread. */
static bool start_thread(struct jobs *jobs)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int r;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&thread, &attributes, thread_main, jobs);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return !r;
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
    if (jobs->n_threads < JOBS_THREADS_MAX) {
        if (start_thread(jobs))
            jobs->n_threads++;
        else
            here = !jobs->n_threads;
    }
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
