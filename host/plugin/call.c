#include "plugin/call.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <time.h>
#include "base/clock.h"
#include "base/mem.h"
#include "base/util.h"

/* Shared by both threads; the last to let go frees it. */
struct call {
    void (*run)(void *job);
    void *job;
    pthread_mutex_t lock;
    pthread_cond_t ended;
    bool done;
    unsigned references;
};

static struct call *call_create(void (*run)(void *job), void *job)
{
    struct call *call = mem_zalloc(sizeof *call);
    pthread_condattr_t attributes;

    call->run = run;
    call->job = job;
    call->references = 2;
    pthread_mutex_init(&call->lock, NULL);
    pthread_condattr_init(&attributes);
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC);
    pthread_cond_init(&call->ended, &attributes);
    pthread_condattr_destroy(&attributes);
    return call;
}

/* With the lock held; gives it up. */
static void call_unref(struct call *call)
{
    bool last = !--call->references;

    pthread_mutex_unlock(&call->lock);
    if (!last)
        return;
    pthread_cond_destroy(&call->ended);
    pthread_mutex_destroy(&call->lock);
    free(call);
}

static void *call_thread(void *argument)
{
    struct call *call = argument;

    call->run(call->job);
    pthread_mutex_lock(&call->lock);
    call->done = true;
    pthread_cond_signal(&call->ended);
    call_unref(call);
    return NULL;
}

static uint64_t deadline_of(const struct call_limit *limit, uint64_t start_ns)
{
    uint64_t from_ns = start_ns;

    if (limit->alive_ns)
        from_ns = MAX(from_ns, atomic_load(limit->alive_ns));
    return from_ns + MIN(limit->timeout_ns, UINT64_MAX / 2);
}

static int call_wait(struct call *call, const struct call_limit *limit, uint64_t start_ns)
{
    while (!call->done) {
        uint64_t deadline_ns = deadline_of(limit, start_ns);
        struct timespec at = {(time_t)(deadline_ns / NS_PER_S), (long)(deadline_ns % NS_PER_S)};

        if (deadline_ns <= clock_now_ns())
            return -ETIMEDOUT;
        pthread_cond_timedwait(&call->ended, &call->lock, &at);
    }
    return 0;
}

/* Signals are for the host's own threads. */
static int start_thread(struct call *call)
{
    pthread_attr_t attributes;
    sigset_t all, before;
    pthread_t thread;
    int r;

    sigfillset(&all);
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&thread, &attributes, call_thread, call);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    return r;
}

int call_run(void (*run)(void *job), void *job, const struct call_limit *limit)
{
    struct call *call = call_create(run, job);
    uint64_t start_ns = clock_now_ns();
    int r = 0;

    if (start_thread(call)) {
        run(job);
        call->references = 1;
        pthread_mutex_lock(&call->lock);
    } else {
        pthread_mutex_lock(&call->lock);
        r = call_wait(call, limit, start_ns);
    }
    call_unref(call);
    return r;
}
