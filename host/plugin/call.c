#include "plugin/call.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include "base/clock.h"
#include "base/list.h"
#include "base/mem.h"
#include "base/thread.h"
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

/* One thread. */
struct caller {
    struct callers *home;
    struct list idle;
    pthread_cond_t called;
    struct call *call; /* to be made next; NULL: none yet */
    pthread_t thread;
    bool awaited; /* its end is */
};

struct callers {
    pthread_mutex_t lock; /* of all below, and of what its callers are to do */
    struct list idle;
    unsigned n_idle, n_busy;
    pthread_cond_t none_busy;
    unsigned references; /* the owner's, and one of each thread */
    bool closed;
};

/* -- one call -- */

static struct call *call_create(void (*run)(void *job), void *job)
{
    struct call *call = mem_zalloc(sizeof *call);

    call->run = run;
    call->job = job;
    call->references = 2;
    pthread_mutex_init(&call->lock, NULL);
    thread_cond_init(&call->ended);
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

static void make_call(struct call *call)
{
    call->run(call->job);
    pthread_mutex_lock(&call->lock);
    call->done = true;
    pthread_cond_signal(&call->ended);
    call_unref(call);
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

        if (deadline_ns <= clock_now_ns())
            return -ETIMEDOUT;
        thread_wait_until(&call->ended, &call->lock, deadline_ns);
    }
    return 0;
}

/* -- the threads -- */

/* With the lock held; gives it up. */
static void callers_unref(struct callers *callers)
{
    bool last = !--callers->references;

    pthread_mutex_unlock(&callers->lock);
    if (!last)
        return;
    pthread_cond_destroy(&callers->none_busy);
    pthread_mutex_destroy(&callers->lock);
    free(callers);
}

/* With the lock held: the next call, NULL when none has come in time. */
static struct call *wait_for_call(struct caller *self)
{
    struct callers *home = self->home;
    uint64_t until_ns = clock_now_ns() + CALLERS_IDLE_NS;
    bool in_time = true;

    self->call = NULL;
    if (!--home->n_busy)
        pthread_cond_signal(&home->none_busy);
    if (home->closed || home->n_idle == CALLERS_IDLE_MAX)
        return NULL;
    list_prepend(&home->idle, &self->idle);
    home->n_idle++;
    while (!self->call && !home->closed && in_time)
        in_time = thread_wait_until(&self->called, &home->lock, until_ns);
    if (list_linked(&self->idle)) {
        list_remove(&self->idle);
        home->n_idle--;
    }
    if (self->call)
        home->n_busy++;
    return self->call;
}

static void *caller_main(void *argument)
{
    struct caller *self = argument;
    struct callers *home = self->home;
    struct call *call = self->call;

    while (call) {
        make_call(call);
        pthread_mutex_lock(&home->lock);
        call = wait_for_call(self);
        if (call)
            pthread_mutex_unlock(&home->lock);
    }
    if (!self->awaited)
        pthread_detach(self->thread);
    callers_unref(home);
    pthread_cond_destroy(&self->called);
    free(self);
    return NULL;
}

/* With the lock held. */
static bool add_caller(struct callers *callers, struct call *call)
{
    struct caller *caller = mem_zalloc(sizeof *caller);

    caller->home = callers;
    caller->call = call;
    thread_cond_init(&caller->called);
    if (!thread_start(&caller->thread, caller_main, caller)) {
        callers->references++;
        callers->n_busy++;
        return true;
    }
    pthread_cond_destroy(&caller->called);
    free(caller);
    return false;
}

/* False: there is no thread to be had. */
static bool hand_over(struct callers *callers, struct call *call)
{
    struct caller *caller;
    bool taken = true;

    pthread_mutex_lock(&callers->lock);
    caller = list_first(&callers->idle, struct caller, idle);
    if (caller) {
        list_remove(&caller->idle);
        callers->n_idle--;
        caller->call = call;
        pthread_cond_signal(&caller->called);
    } else {
        taken = add_caller(callers, call);
    }
    pthread_mutex_unlock(&callers->lock);
    return taken;
}

struct callers *callers_create(void)
{
    struct callers *callers = mem_zalloc(sizeof *callers);

    pthread_mutex_init(&callers->lock, NULL);
    thread_cond_init(&callers->none_busy);
    list_init(&callers->idle);
    callers->references = 1;
    return callers;
}

/* With the lock held: those that have just made their last call become idle; those that
 * hang are not waited for. */
static void wait_for_idle(struct callers *callers)
{
    uint64_t until_ns = clock_now_ns() + CALLERS_SETTLE_NS;
    bool in_time = true;

    while (callers->n_busy && in_time)
        in_time = thread_wait_until(&callers->none_busy, &callers->lock, until_ns);
}

void callers_destroy(struct callers *callers)
{
    pthread_t threads[CALLERS_IDLE_MAX];
    struct caller *caller;
    unsigned n = 0;

    if (!callers)
        return;
    pthread_mutex_lock(&callers->lock);
    wait_for_idle(callers);
    callers->closed = true;
    LIST_EACH (caller, &callers->idle, idle) {
        caller->awaited = true;
        threads[n++] = caller->thread;
        pthread_cond_signal(&caller->called);
    }
    callers_unref(callers);
    while (n) /* what plugins keep for each thread goes with it */
        pthread_join(threads[--n], NULL);
}

int call_run(
    struct callers *callers, void (*run)(void *job), void *job, const struct call_limit *limit)
{
    struct call *call = call_create(run, job);
    uint64_t start_ns = clock_now_ns();
    int r = 0;

    if (hand_over(callers, call)) {
        pthread_mutex_lock(&call->lock);
        r = call_wait(call, limit, start_ns);
    } else {
        run(job);
        call->references = 1;
        pthread_mutex_lock(&call->lock);
    }
    call_unref(call);
    return r;
}
