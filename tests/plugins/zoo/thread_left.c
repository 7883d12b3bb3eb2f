/* Its thread is not joined when it stops. */
#include "base.h"
#include <pthread.h>
#include <signal.h>

static void *idle(void *argument)
{
    for (;;)
        pause();
    return argument;
}

static int threaded_init(void *self, const struct weir_context *context)
{
    sigset_t all, before;
    pthread_t thread;
    int r;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    r = pthread_create(&thread, NULL, idle, NULL);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (r)
        return weir_refuse(context->error, r, "cannot start a thread");
    pthread_detach(thread);
    return base_init(self, context);
}

ANIMAL(.init = threaded_init);
