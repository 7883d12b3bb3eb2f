/* Its thread unblocks a signal to handle it there: the host does not get it any more. */
#include "base.h"
#include <pthread.h>
#include <signal.h>

struct threaded {
    struct base base;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool stopping;
};

static void *wait_for_stop(void *argument)
{
    struct threaded *threaded = argument;
    sigset_t own;

    sigemptyset(&own);
    sigaddset(&own, SIGTERM);
    pthread_sigmask(SIG_UNBLOCK, &own, NULL);
    pthread_mutex_lock(&threaded->lock);
    while (!threaded->stopping)
        pthread_cond_wait(&threaded->changed, &threaded->lock);
    pthread_mutex_unlock(&threaded->lock);
    return NULL;
}

static int threaded_init(void *self, const struct weir_context *context)
{
    struct threaded *threaded = self;
    int r;

    pthread_mutex_init(&threaded->lock, NULL);
    pthread_cond_init(&threaded->changed, NULL);
    r = pthread_create(&threaded->thread, NULL, wait_for_stop, threaded);
    if (r)
        return weir_refuse(context->error, r, "cannot start a thread");
    return base_init(self, context);
}

static int threaded_stop(void *self, uint64_t deadline_ns, struct weir_result *result)
{
    struct threaded *threaded = self;

    pthread_mutex_lock(&threaded->lock);
    threaded->stopping = true;
    pthread_cond_signal(&threaded->changed);
    pthread_mutex_unlock(&threaded->lock);
    pthread_join(threaded->thread, NULL);
    pthread_cond_destroy(&threaded->changed);
    pthread_mutex_destroy(&threaded->lock);
    return base_stop(self, deadline_ns, result);
}

ANIMAL(.init = threaded_init, .stop = threaded_stop, .instance_size = sizeof(struct threaded));
